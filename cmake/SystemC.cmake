# SPDX-License-Identifier: Apache-2.0
# Finds SystemC, for the build of dLAC and, installed, for those who use it (dlacConfig.cmake).
#
# Gives the target SystemC::systemc: the one that is there, else from a SystemCLanguage package, else from pkg-config.
#
# A SystemC library exports one API symbol, whose name holds its version and the C++ standard that it was built for;
# SC_CPLUSPLUS makes a program of a later standard ask for that symbol. Which value links is found out by linking:
#   DLAC_SC_CPLUSPLUS     the value, e.g. 201703L; SystemC::systemc defines it, so that all who link SystemC agree
#   DLAC_SYSTEMC_API      the symbol, e.g. sc_api_version_2_3_4_cxx201703L
#   DLAC_SYSTEMC_ORIGIN   where SystemC was found, for messages
#   DLAC_SYSTEMC_PROBLEM  one line, empty when SystemC can be used
# A SystemC that the same build makes cannot be linked yet: then the first two are empty.

set(DLAC_SYSTEMC_PROBLEM "")
set(DLAC_SYSTEMC_ORIGIN "the target SystemC::systemc of this project")
if(NOT TARGET SystemC::systemc)
  find_package(SystemCLanguage CONFIG QUIET)
  set(DLAC_SYSTEMC_ORIGIN "${SystemCLanguage_DIR}")
endif()
if(NOT TARGET SystemC::systemc)
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(dlac_systemc_pc QUIET IMPORTED_TARGET GLOBAL systemc)
  endif()
  if(dlac_systemc_pc_FOUND)
    add_library(SystemC::systemc INTERFACE IMPORTED GLOBAL)
    set_target_properties(SystemC::systemc PROPERTIES
      INTERFACE_LINK_LIBRARIES PkgConfig::dlac_systemc_pc
      DLAC_FROM_PKG_CONFIG TRUE)
    set(DLAC_SYSTEMC_ORIGIN "systemc.pc ${dlac_systemc_pc_VERSION}: ${dlac_systemc_pc_LINK_LIBRARIES}")
  else()
    string(CONCAT DLAC_SYSTEMC_PROBLEM "SystemC was not found: there is neither a CMake package SystemCLanguage "
      "(CMAKE_PREFIX_PATH) nor a pkg-config file systemc.pc (PKG_CONFIG_PATH)")
  endif()
endif()

# A project's own SystemC::systemc may be another name of a target; properties are those of the target.
set(dlac_systemc SystemC::systemc)
if(NOT DLAC_SYSTEMC_PROBLEM)
  get_target_property(dlac_systemc_aliased SystemC::systemc ALIASED_TARGET)
  if(dlac_systemc_aliased)
    set(dlac_systemc ${dlac_systemc_aliased})
  endif()
endif()

# Sets DLAC_SC_CPLUSPLUS, DLAC_SYSTEMC_API and, if nothing links, DLAC_SYSTEMC_PROBLEM; remembers the answer.
function(dlac_probe_systemc)
  set(folder "${CMAKE_BINARY_DIR}/CMakeFiles/dlac_systemc")
  set(asked "${DLAC_SYSTEMC_ORIGIN}|${CMAKE_CXX_COMPILER}|${CMAKE_CXX_FLAGS}")
  if(NOT DLAC_SYSTEMC_PROBED STREQUAL asked)
    # The macro's text stays in the program as a string.
    file(WRITE "${folder}/api.cpp" [[
#include <systemc>
#define DLAC_TEXT_OF(x) #x
#define DLAC_TEXT(x) DLAC_TEXT_OF(x)
extern const char dlac_api[];
const char dlac_api[] = "dlac-api[" DLAC_TEXT(SC_API_VERSION_STRING) "]";
int sc_main(int argc, char**) { return dlac_api[argc]; }
]])
    set(links FALSE)
    set(log "")
    foreach(standard 201703L 202002L 202302L 201402L 201103L)
      try_compile(dlac_probe_links "${folder}" "${folder}/api.cpp"
        COMPILE_DEFINITIONS -DSC_CPLUSPLUS=${standard}
        LINK_LIBRARIES ${dlac_systemc}
        CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
        OUTPUT_VARIABLE output
        COPY_FILE "${folder}/api.bin" COPY_FILE_ERROR ignored)
      set(links ${dlac_probe_links})
      unset(dlac_probe_links CACHE)
      string(APPEND log "SC_CPLUSPLUS=${standard}\n${output}\n")
      if(links)
        set(DLAC_SC_CPLUSPLUS ${standard} CACHE INTERNAL "value of SC_CPLUSPLUS that links with SystemC")
        break()
      endif()
    endforeach()
    file(WRITE "${folder}/api.log" "${log}")
    if(NOT links)
      string(CONCAT problem "SystemC (${DLAC_SYSTEMC_ORIGIN}) cannot be used: no C++17 program links with it, whatever "
        "C++ standard SC_CPLUSPLUS names; the compiler's messages are in ${folder}/api.log")
      set(DLAC_SYSTEMC_PROBLEM "${problem}" PARENT_SCOPE)
      return()
    endif()
    file(STRINGS "${folder}/api.bin" api REGEX "dlac-api\\[[^]]*\\]")
    string(REGEX REPLACE ".*dlac-api.([A-Za-z0-9_]+).*" "\\1" api "${api}")
    set(DLAC_SYSTEMC_API "${api}" CACHE INTERNAL "API symbol of SystemC")
    set(DLAC_SYSTEMC_PROBED "${asked}" CACHE INTERNAL "what these two were found out for")
  endif()
endfunction()

if(NOT DLAC_SYSTEMC_PROBLEM)
  get_target_property(dlac_systemc_imported ${dlac_systemc} IMPORTED)
  if(dlac_systemc_imported)
    dlac_probe_systemc()
    get_target_property(dlac_systemc_definitions ${dlac_systemc} INTERFACE_COMPILE_DEFINITIONS)
    if(DLAC_SC_CPLUSPLUS AND NOT dlac_systemc_definitions MATCHES "SC_CPLUSPLUS=")
      set_property(TARGET ${dlac_systemc} APPEND PROPERTY
        INTERFACE_COMPILE_DEFINITIONS SC_CPLUSPLUS=${DLAC_SC_CPLUSPLUS})
    endif()
  else()
    set(DLAC_SC_CPLUSPLUS "")
    set(DLAC_SYSTEMC_API "")
  endif()
endif()
