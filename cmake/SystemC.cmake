# SPDX-License-Identifier: Apache-2.0
# Gives the target SystemC::systemc: from a SystemCLanguage package if there is one, else from pkg-config.
# The C++ API that the library was built for is probed by linking, and carried on the target.
find_package(SystemCLanguage CONFIG QUIET)
if(NOT SystemCLanguage_FOUND)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(systemc_pc REQUIRED IMPORTED_TARGET GLOBAL systemc)
  if(NOT TARGET SystemC::systemc)
    add_library(SystemC::systemc INTERFACE IMPORTED GLOBAL)
    target_link_libraries(SystemC::systemc INTERFACE PkgConfig::systemc_pc)
  endif()
endif()

if(NOT DEFINED DLAC_SC_CPLUSPLUS)
  set(probe "${CMAKE_BINARY_DIR}/CMakeFiles/systemc_probe.cpp")
  file(WRITE "${probe}" "#include <systemc>\nint sc_main(int, char**) { return 0; }\n")
  foreach(standard "" 201703L 202002L 201402L 201103L)
    set(definitions "")
    if(standard)
      set(definitions -DSC_CPLUSPLUS=${standard})
    endif()
    try_compile(probe_links "${CMAKE_BINARY_DIR}/CMakeFiles/systemc_probe" "${probe}"
      COMPILE_DEFINITIONS ${definitions}
      LINK_LIBRARIES SystemC::systemc
      CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON)
    if(probe_links)
      set(DLAC_SC_CPLUSPLUS "${standard}" CACHE INTERNAL "value of SC_CPLUSPLUS that links, empty for none")
      break()
    endif()
  endforeach()
  if(NOT probe_links)
    message(FATAL_ERROR "SystemC was found, but no SC_CPLUSPLUS value links a C++17 program with it")
  endif()
endif()
if(DLAC_SC_CPLUSPLUS)
  set_property(TARGET SystemC::systemc APPEND PROPERTY
    INTERFACE_COMPILE_DEFINITIONS SC_CPLUSPLUS=${DLAC_SC_CPLUSPLUS})
endif()
