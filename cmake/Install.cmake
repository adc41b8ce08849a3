# SPDX-License-Identifier: Apache-2.0
# `cmake --install`: the core and the mapper as a relocatable package (docs/integration.md), the program, the driver,
# an example and the docs.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Libraries and program.
set(libraries dlac_common dlac_schedule dlac dlac_workloads)
if(TARGET dlac_settings)
  list(APPEND libraries dlac_settings)
endif()
foreach(library ${libraries})
  string(REGEX REPLACE "^dlac_" "" export_name ${library})
  set_target_properties(${library} PROPERTIES
    EXPORT_NAME ${export_name} VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    INSTALL_RPATH "$ORIGIN")
endforeach()
install(TARGETS ${libraries} EXPORT dlacTargets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET dlac-tb)
  file(RELATIVE_PATH lib_from_bin ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(dlac-tb PROPERTIES INSTALL_RPATH "$<$<BOOL:${BUILD_SHARED_LIBS}>:$ORIGIN/${lib_from_bin}>")
  install(TARGETS dlac-tb)
endif()

# Headers: what the public interface names; the core's parts are private.
install(FILES models/dlac/accelerator.h models/dlac/command_record.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dlac)
install(DIRECTORY models/dlac/common/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dlac/common
        FILES_MATCHING PATTERN *.h PATTERN simd_config.h EXCLUDE)
install(DIRECTORY models/dlac/links/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dlac/links FILES_MATCHING PATTERN *.h)
install(FILES workloads/file_error.h workloads/image.h workloads/image_maker.h workloads/layer.h
              workloads/layer_plan.h workloads/mapper.h workloads/packing.h workloads/tensor.h workloads/weight_image.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dlac/workloads)
if(TARGET dlac_settings)
  install(FILES workloads/settings/input_error.h workloads/settings/load_config.h workloads/settings/machine_settings.h
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dlac/settings)
endif()

# Driver for firmware, and the register map for it and for other tools.
install(FILES driver/dlac.h driver/dlac_image.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dlac/driver)
install(FILES ${CMAKE_BINARY_DIR}/generated/driver/dlac_regs.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dlac/driver)
install(FILES driver/dlac.c DESTINATION ${CMAKE_INSTALL_DATADIR}/dlac/driver)
install(DIRECTORY driver/firmware DESTINATION ${CMAKE_INSTALL_DATADIR}/dlac/driver)  # a project to be copied
foreach(file dlac base_protocol base_protocol_tlm)
  install(FILES ${CMAKE_BINARY_DIR}/generated/ipxact/${file}.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/dlac/ipxact)
endforeach()

# Docs and example.
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY tb/examples DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN "build*" EXCLUDE PATTERN .gitignore EXCLUDE)

# find_package(dlac CONFIG).
set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/dlac)
set(generated ${CMAKE_CURRENT_BINARY_DIR}/package)
install(EXPORT dlacTargets NAMESPACE dlac:: DESTINATION ${config_folder})
set(dlac_driver_headers ${CMAKE_INSTALL_INCLUDEDIR}/dlac/driver)
set(dlac_driver_source ${CMAKE_INSTALL_DATADIR}/dlac/driver/dlac.c)
configure_package_config_file(cmake/dlacConfig.cmake.in ${generated}/dlacConfig.cmake
  INSTALL_DESTINATION ${config_folder} PATH_VARS dlac_driver_headers dlac_driver_source)
write_basic_package_version_file(${generated}/dlacConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)  # before 1.0 a minor version may change the interface
install(FILES ${generated}/dlacConfig.cmake ${generated}/dlacConfigVersion.cmake cmake/SystemC.cmake
        DESTINATION ${config_folder})

# find_package(dlac-driver CONFIG): the driver alone, for firmware; whatever the processor is.
set(driver_config_folder ${CMAKE_INSTALL_DATADIR}/cmake/dlac-driver)
configure_package_config_file(cmake/dlac-driverConfig.cmake.in ${generated}/dlac-driverConfig.cmake
  INSTALL_DESTINATION ${driver_config_folder} PATH_VARS dlac_driver_headers dlac_driver_source
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${generated}/dlac-driverConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${generated}/dlac-driverConfig.cmake ${generated}/dlac-driverConfigVersion.cmake
        DESTINATION ${driver_config_folder})

# pkg-config: dlac.pc, dlac-workloads.pc, dlac-settings.pc. Static libraries do not know what they need, so the files name it.
file(RELATIVE_PATH prefix_from_pkgconfig ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" prefix_from_pkgconfig ${prefix_from_pkgconfig})
set(requires "")
set(hwy_public "libhwy")
set(hwy_private "")
set(libs "-ldlac -ldlac_schedule -ldlac_common")
if(BUILD_SHARED_LIBS)
  set(hwy_public "")
  set(hwy_private "libhwy")
  set(libs "-ldlac -ldlac_common")
endif()
get_target_property(from_pkg_config SystemC::systemc DLAC_FROM_PKG_CONFIG)
get_target_property(systemc_type SystemC::systemc TYPE)
set(systemc_variables "")
set(cflags "")
if(from_pkg_config OR systemc_type STREQUAL "INTERFACE_LIBRARY")
  set(requires "systemc")
  if(from_pkg_config)  # another version would not link
    set(requires "systemc = ${from_pkg_config}")
  endif()
  if(DLAC_SC_CPLUSPLUS)
    set(cflags "-DSC_CPLUSPLUS=${DLAC_SC_CPLUSPLUS}")
  endif()
else()  # a SystemC without systemc.pc: what its target says, SC_CPLUSPLUS included
  set(folders $<TARGET_PROPERTY:SystemC::systemc,INTERFACE_INCLUDE_DIRECTORIES>)
  set(definitions $<TARGET_PROPERTY:SystemC::systemc,INTERFACE_COMPILE_DEFINITIONS>)
  set(systemc_variables "systemc_libdir=$<TARGET_FILE_DIR:SystemC::systemc>\n")
  string(CONCAT cflags "$<$<BOOL:${folders}>:-I$<JOIN:$<REMOVE_DUPLICATES:${folders}>, -I>>"
    "$<$<BOOL:${definitions}>: -D$<JOIN:${definitions}, -D>>")
  string(APPEND libs " -L\${systemc_libdir} -lsystemc -pthread")
endif()
string(JOIN ", " requires ${requires} ${hwy_public})
set(requires_private "${hwy_private}")
set(modules dlac dlac-workloads)
if(TARGET dlac_settings)
  list(APPEND modules dlac-settings)
endif()
foreach(module ${modules})
  configure_file(cmake/${module}.pc.in ${generated}/${module}.pc.in @ONLY)
  file(GENERATE OUTPUT ${generated}/${module}.pc INPUT ${generated}/${module}.pc.in)
  install(FILES ${generated}/${module}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
