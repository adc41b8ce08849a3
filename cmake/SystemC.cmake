# SPDX-License-Identifier: Apache-2.0
# Finds SystemC, for the build of dLAC and, installed, for those who use it (dlacConfig.cmake).
#
# Gives the target SystemC::systemc: the one that is there, else from a SystemCLanguage package, else from pkg-config. A
# machine may have several, so all that can be found are looked at, and the first that fits is taken:
#   1. the folder that SystemCLanguage_DIR names, and no other
#   2. installed: the one that dLAC was built with
#   3. SystemCLanguage packages in the order of find_package()
#   4. each systemc.pc in the order of pkg-config
# The build of dLAC takes one from the user package registry (~/.cmake/packages) only if there is no other: merely
# building a SystemC enters it there.
#
# A SystemC library exports one API symbol, whose name holds its version and the C++ standard that it was built for;
# SC_CPLUSPLUS makes a program of a later standard ask for that symbol. Which value links is found out by linking:
#   DLAC_SC_CPLUSPLUS     the value, e.g. 201703L; SystemC::systemc defines it, so that all who link SystemC agree
#   DLAC_SYSTEMC_API      the symbol, e.g. sc_api_version_2_3_4_cxx201703L
#   DLAC_SYSTEMC_ORIGIN   where SystemC was found, for messages
#   DLAC_SYSTEMC_TAKEN    "config FOLDER", "pc FOLDER", or empty when it is a target of this project
#   DLAC_SYSTEMC_PROBLEM  one line, empty when SystemC can be used
# A SystemC that the same build makes cannot be linked yet: then the first two are empty.
# Set before, for an installed dLAC: DLAC_SYSTEMC_WANTED, the symbol that it needs, and DLAC_SYSTEMC_BUILT_WITH, what
# DLAC_SYSTEMC_TAKEN was in its build.

# Hands variables of a function to its caller.
macro(dlac_give)
  foreach(dlac_name ${ARGN})
    set(${dlac_name} "${${dlac_name}}" PARENT_SCOPE)
  endforeach()
endmacro()

# dlac_probe_systemc(TARGET ORIGIN STAMP): sets dlac_api, dlac_standard and, if nothing links, dlac_problem; remembers
# the answer for the origin and its time stamp.
function(dlac_probe_systemc target origin stamp)
  string(MD5 key "${origin}|${stamp}|${CMAKE_CXX_COMPILER}|${CMAKE_CXX_FLAGS}")
  if(NOT DEFINED DLAC_SYSTEMC_PROBED_${key})
    set(folder "${CMAKE_BINARY_DIR}/CMakeFiles/dlac_systemc")
    # The macro's text stays in the program as a string.
    file(WRITE "${folder}/api.cpp" [[
#include <systemc>
#define DLAC_TEXT_OF(x) #x
#define DLAC_TEXT(x) DLAC_TEXT_OF(x)
extern const char dlac_api[];
const char dlac_api[] = "dlac-api[" DLAC_TEXT(SC_API_VERSION_STRING) "]";
int sc_main(int argc, char**) { return dlac_api[argc]; }
]])
    set(standard "")
    set(log "")
    foreach(tried 201703L 202002L 202302L 201402L 201103L)
      try_compile(dlac_probe_links "${folder}" "${folder}/api.cpp"
        COMPILE_DEFINITIONS -DSC_CPLUSPLUS=${tried}
        LINK_LIBRARIES ${target}
        CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
        OUTPUT_VARIABLE output
        COPY_FILE "${folder}/api.bin" COPY_FILE_ERROR ignored)
      set(links ${dlac_probe_links})
      unset(dlac_probe_links CACHE)
      string(APPEND log "SC_CPLUSPLUS=${tried}\n${output}\n")
      if(links)
        set(standard ${tried})
        break()
      endif()
    endforeach()
    file(WRITE "${folder}/api-${key}.log" "${log}")
    if(standard)
      file(STRINGS "${folder}/api.bin" api REGEX "dlac-api\\[[^]]*\\]")
      string(REGEX REPLACE ".*dlac-api.([A-Za-z0-9_]+).*" "\\1" api "${api}")
      set(answer "${api};${standard};")
    else()
      string(CONCAT answer ";;SystemC (${origin}) cannot be used: no C++17 program links with it, whatever C++ "
        "standard SC_CPLUSPLUS names, and the compiler's messages are in ${folder}/api-${key}.log")
    endif()
    set(DLAC_SYSTEMC_PROBED_${key} "${answer}" CACHE INTERNAL "what SystemC was found to be: ${origin}")
  endif()
  list(GET DLAC_SYSTEMC_PROBED_${key} 0 dlac_api)
  list(GET DLAC_SYSTEMC_PROBED_${key} 1 dlac_standard)
  list(GET DLAC_SYSTEMC_PROBED_${key} 2 dlac_problem)
  dlac_give(dlac_api dlac_standard dlac_problem)
endfunction()

# dlac_list_configs(OUT [OPTION...]): "config FOLDER" of all SystemCLanguage packages that find_package() would look at
# with these options; no package has the version that is asked for, so it looks at all.
function(dlac_list_configs out)
  set(CMAKE_REQUIRE_FIND_PACKAGE_SystemCLanguage OFF)
  unset(SystemCLanguage_CONSIDERED_CONFIGS)
  set(kept "$CACHE{SystemCLanguage_DIR}")
  unset(SystemCLanguage_DIR)
  unset(SystemCLanguage_DIR CACHE)
  find_package(SystemCLanguage 99999 EXACT CONFIG QUIET ${ARGN})
  unset(SystemCLanguage_DIR CACHE)
  if(kept)
    set(SystemCLanguage_DIR "${kept}" CACHE PATH "folder of SystemCLanguageConfig.cmake" FORCE)
  endif()
  set(found "")
  foreach(file IN LISTS SystemCLanguage_CONSIDERED_CONFIGS)
    get_filename_component(folder "${file}" REALPATH)
    get_filename_component(folder "${folder}" DIRECTORY)
    list(APPEND found "config ${folder}")
  endforeach()
  list(REMOVE_DUPLICATES found)
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# dlac_list_pcs(OUT): "pc FOLDER" of every systemc.pc that pkg-config can find, CMAKE_PREFIX_PATH included.
function(dlac_list_pcs out)
  set(${out} "" PARENT_SCOPE)
  find_package(PkgConfig QUIET)
  if(NOT PKG_CONFIG_FOUND)
    return()
  endif()
  file(TO_CMAKE_PATH "$ENV{PKG_CONFIG_PATH}" folders)
  file(TO_CMAKE_PATH "$ENV{CMAKE_PREFIX_PATH}" prefixes)
  foreach(prefix IN LISTS CMAKE_PREFIX_PATH prefixes)
    foreach(lib lib/${CMAKE_LIBRARY_ARCHITECTURE} lib lib64 share)
      list(APPEND folders "${prefix}/${lib}/pkgconfig")
    endforeach()
  endforeach()
  # Where pkg-config itself looks, and, should it have reasons of its own, what it takes.
  if(DEFINED ENV{PKG_CONFIG_LIBDIR})
    set(default "$ENV{PKG_CONFIG_LIBDIR}")
  else()
    execute_process(COMMAND "${PKG_CONFIG_EXECUTABLE}" --variable pc_path pkg-config
      OUTPUT_VARIABLE default OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  file(TO_CMAKE_PATH "${default}" default)
  execute_process(COMMAND "${PKG_CONFIG_EXECUTABLE}" --variable pcfiledir systemc
    OUTPUT_VARIABLE taken OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  list(APPEND folders ${default} "${taken}")
  set(found "")
  foreach(folder IN LISTS folders)
    if(folder AND EXISTS "${folder}/systemc.pc")
      get_filename_component(folder "${folder}" REALPATH)
      list(APPEND found "pc ${folder}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES found)
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# dlac_ask_pc(FOLDER): the target PkgConfig::${dlac_pc} for its systemc.pc, and dlac_origin.
function(dlac_ask_pc folder stamp)
  string(MD5 key "${folder}|${stamp}")
  set(dlac_pc dlac_systemc_${key})
  set(path "$ENV{PKG_CONFIG_PATH}")
  set(ENV{PKG_CONFIG_PATH} "${folder}")
  if(path)
    set(ENV{PKG_CONFIG_PATH} "${folder}:${path}")
  endif()
  find_package(PkgConfig QUIET)
  pkg_check_modules(${dlac_pc} QUIET IMPORTED_TARGET GLOBAL NO_CMAKE_PATH NO_CMAKE_ENVIRONMENT_PATH systemc)
  set(ENV{PKG_CONFIG_PATH} "${path}")
  string(REPLACE ";" " " libraries "${${dlac_pc}_LINK_LIBRARIES}")
  set(dlac_origin "systemc.pc ${${dlac_pc}_VERSION} in ${folder}: ${libraries}")
  set(dlac_pc_version "${${dlac_pc}_VERSION}")
  dlac_give(dlac_pc dlac_origin dlac_pc_version)
endfunction()

# dlac_stamp_of(FOLDER): sets dlac_stamp, which changes with its files.
function(dlac_stamp_of folder)
  set(dlac_stamp "")
  file(GLOB files "${folder}/systemc.pc" "${folder}/[Ss]ystem[Cc][Ll]anguage*.cmake")
  foreach(file IN LISTS files)
    file(TIMESTAMP "${file}" time "%s")
    string(APPEND dlac_stamp "${time} ")
  endforeach()
  dlac_give(dlac_stamp)
endfunction()

# dlac_ask_config(FOLDER): dlac_api and dlac_problem of a SystemCLanguage package, in a project of its own, since a
# package that is loaded cannot be let go of again.
function(dlac_ask_config folder stamp)
  string(MD5 key "package ${folder}|${stamp}|${CMAKE_CXX_COMPILER}|${CMAKE_CXX_FLAGS}")
  if(NOT DEFINED DLAC_SYSTEMC_PROBED_${key})
    set(scratch "${CMAKE_BINARY_DIR}/CMakeFiles/dlac_systemc/${key}")
    file(REMOVE_RECURSE "${scratch}")
    set(cache "")
    foreach(name CMAKE_CXX_COMPILER CMAKE_CXX_COMPILER_TARGET CMAKE_CXX_FLAGS CMAKE_EXE_LINKER_FLAGS CMAKE_MAKE_PROGRAM
                 CMAKE_PREFIX_PATH CMAKE_TOOLCHAIN_FILE CMAKE_SYSROOT CMAKE_FIND_ROOT_PATH CMAKE_BUILD_TYPE)
      if(DEFINED ${name})
        string(APPEND cache "set(${name} [==[${${name}}]==] CACHE STRING \"\")\n")
      endif()
    endforeach()
    file(WRITE "${scratch}/cache.cmake" "${cache}")
    file(WRITE "${scratch}/CMakeLists.txt" "cmake_minimum_required(VERSION 3.25)\nproject(probe LANGUAGES CXX)\n"
      "include([==[${CMAKE_CURRENT_FUNCTION_LIST_FILE}]==])\n"
      "file(WRITE \"\${CMAKE_BINARY_DIR}/answer\" \"\${DLAC_SYSTEMC_API};;\${DLAC_SYSTEMC_PROBLEM}\")\n")
    execute_process(
      COMMAND "${CMAKE_COMMAND}" -G "${CMAKE_GENERATOR}" -C "${scratch}/cache.cmake" -S "${scratch}"
              -B "${scratch}/build" "-DSystemCLanguage_DIR=${folder}"
      OUTPUT_FILE "${scratch}/log" ERROR_FILE "${scratch}/log" RESULT_VARIABLE result)
    string(CONCAT answer ";;SystemC (${folder}) cannot be used: its package does not load, and CMake's messages are in "
      "${scratch}/log")
    if(result EQUAL 0 AND EXISTS "${scratch}/build/answer")
      file(READ "${scratch}/build/answer" answer)
    endif()
    set(DLAC_SYSTEMC_PROBED_${key} "${answer}" CACHE INTERNAL "what SystemC was found to be: ${folder}")
  endif()
  list(GET DLAC_SYSTEMC_PROBED_${key} 0 dlac_api)
  list(GET DLAC_SYSTEMC_PROBED_${key} 2 dlac_problem)
  dlac_give(dlac_api dlac_problem)
endfunction()

# dlac_ask(CANDIDATE): sets dlac_origin, dlac_api and dlac_problem; dlac_fits says whether it can be taken.
function(dlac_ask candidate)
  string(REGEX MATCH "^([a-z]+) (.*)$" _ "${candidate}")
  set(kind "${CMAKE_MATCH_1}")
  set(folder "${CMAKE_MATCH_2}")
  dlac_stamp_of("${folder}")
  set(dlac_api "")
  set(dlac_problem "")
  if(kind STREQUAL "pc")
    dlac_ask_pc("${folder}" "${dlac_stamp}")
    if(TARGET PkgConfig::${dlac_pc})
      dlac_probe_systemc(PkgConfig::${dlac_pc} "${dlac_origin}" "${dlac_stamp}")
    else()
      set(dlac_origin "systemc.pc in ${folder}")
      set(dlac_problem "SystemC (${dlac_origin}) cannot be used: pkg-config refuses it")
    endif()
  else()
    set(dlac_origin "${folder}")
    dlac_ask_config("${folder}" "${dlac_stamp}")
  endif()
  set(dlac_fits FALSE)
  if(NOT dlac_problem AND (NOT DLAC_SYSTEMC_WANTED OR dlac_api STREQUAL DLAC_SYSTEMC_WANTED))
    set(dlac_fits TRUE)
  endif()
  dlac_give(dlac_origin dlac_api dlac_problem dlac_fits)
endfunction()

# dlac_choose_systemc(): sets dlac_choice, empty if none fits, and dlac_reason; dlac_others says what each other one is
# that was looked at.
function(dlac_choose_systemc)
  set(dlac_choice "")
  set(dlac_reason "")
  set(dlac_others "")
  set(candidates "")
  set(registry "")
  dlac_list_pcs(pcs)
  if(DLAC_SYSTEMC_WANTED)
    # A systemc.pc that pkg-config does not see was hidden from it, e.g. in a cross build.
    string(REGEX REPLACE "^config " "" folder "${DLAC_SYSTEMC_BUILT_WITH}")
    file(GLOB files "${folder}/[Ss]ystem[Cc][Ll]anguage*onfig.cmake")
    if(DLAC_SYSTEMC_BUILT_WITH IN_LIST pcs OR (files AND NOT CMAKE_DISABLE_FIND_PACKAGE_SystemCLanguage))
      list(APPEND candidates "${DLAC_SYSTEMC_BUILT_WITH}")
    endif()
    dlac_list_configs(configs)
  else()
    dlac_list_configs(configs NO_CMAKE_PACKAGE_REGISTRY)
    dlac_list_configs(registry)
    list(REMOVE_ITEM registry ${configs})
  endif()
  list(APPEND candidates ${configs} ${pcs} ${registry})
  list(REMOVE_ITEM candidates ${ARGN})
  list(REMOVE_DUPLICATES candidates)
  foreach(candidate IN LISTS candidates)
    if(dlac_choice)
      if(candidate IN_LIST registry)
        string(REGEX REPLACE "^config " "" folder "${candidate}")
        list(APPEND dlac_others "${folder} is in the user package registry, -DSystemCLanguage_DIR=${folder} takes it")
      endif()
      continue()
    endif()
    dlac_ask("${candidate}")
    if(dlac_fits)
      set(dlac_choice "${candidate}")
      if(candidate STREQUAL DLAC_SYSTEMC_BUILT_WITH)
        set(dlac_reason "dLAC was built with it")
      elseif(candidate IN_LIST registry)
        set(dlac_reason "of the user package registry, since there is no other")
      elseif(candidate MATCHES "^config")
        set(dlac_reason "the first SystemCLanguage package that fits")
      else()
        set(dlac_reason "the first that fits of pkg-config, and no SystemCLanguage package does")
      endif()
    elseif(dlac_problem)
      list(APPEND dlac_others "${dlac_problem}")
    else()
      list(APPEND dlac_others "the one found here has ${dlac_api} (${dlac_origin})")
    endif()
  endforeach()
  dlac_give(dlac_choice dlac_reason dlac_others)
endfunction()

set(DLAC_SYSTEMC_PROBLEM "")
set(DLAC_SYSTEMC_ORIGIN "the target SystemC::systemc of this project")
set(dlac_reason "this project made it")
set(dlac_choice "")
set(dlac_others "")
set(dlac_named FALSE)
set(dlac_mark "")
if(TARGET SystemC::systemc)
  get_target_property(dlac_mark SystemC::systemc DLAC_TAKEN)  # by an earlier find_package(dlac)
  if(dlac_mark)
    list(GET dlac_mark 0 dlac_choice)
    list(GET dlac_mark 1 DLAC_SYSTEMC_ORIGIN)
    list(GET dlac_mark 2 dlac_reason)
  endif()
else()
  if(SystemCLanguage_DIR)
    get_filename_component(dlac_folder "${SystemCLanguage_DIR}" REALPATH)
    if(NOT "config ${dlac_folder}" STREQUAL "${DLAC_SYSTEMC_CHOICE}")
      set(dlac_named TRUE)
      set(dlac_choice "config ${dlac_folder}")
      set(dlac_reason "SystemCLanguage_DIR names it")
    endif()
  endif()
  if(NOT dlac_choice AND DLAC_SYSTEMC_CHOICE MATCHES "^[a-z]+ (.*)$")  # of an earlier run in this build folder
    dlac_stamp_of("${CMAKE_MATCH_1}")
    if("${dlac_stamp}${DLAC_SYSTEMC_WANTED}" STREQUAL "${DLAC_SYSTEMC_STAMP}")
      set(dlac_choice "${DLAC_SYSTEMC_CHOICE}")
      set(dlac_reason "${DLAC_SYSTEMC_REASON}")
    endif()
  endif()
  if(NOT dlac_choice)
    dlac_choose_systemc()
  endif()
  if(dlac_choice MATCHES "^config (.*)$")
    find_package(SystemCLanguage CONFIG QUIET NO_DEFAULT_PATH PATHS "${CMAKE_MATCH_1}")
    set(DLAC_SYSTEMC_ORIGIN "${CMAKE_MATCH_1}")
    if(NOT TARGET SystemC::systemc)
      string(CONCAT DLAC_SYSTEMC_PROBLEM "SystemC (${DLAC_SYSTEMC_ORIGIN}) cannot be used: its package makes no target "
        "SystemC::systemc")
    endif()
  elseif(dlac_choice MATCHES "^pc (.*)$")
    set(dlac_folder "${CMAKE_MATCH_1}")
    dlac_stamp_of("${dlac_folder}")
    dlac_ask_pc("${dlac_folder}" "${dlac_stamp}")
    add_library(SystemC::systemc INTERFACE IMPORTED GLOBAL)
    set_target_properties(SystemC::systemc PROPERTIES
      INTERFACE_LINK_LIBRARIES PkgConfig::${dlac_pc}
      DLAC_FROM_PKG_CONFIG "${dlac_pc_version}")
    set(DLAC_SYSTEMC_ORIGIN "${dlac_origin}")
  elseif(NOT dlac_others)
    string(CONCAT DLAC_SYSTEMC_PROBLEM "SystemC was not found: there is neither a CMake package SystemCLanguage "
      "(CMAKE_PREFIX_PATH) nor a pkg-config file systemc.pc (PKG_CONFIG_PATH)")
  elseif(NOT DLAC_SYSTEMC_WANTED)
    list(JOIN dlac_others "; " DLAC_SYSTEMC_PROBLEM)
  endif()
endif()

# A project's own SystemC::systemc may be another name of a target; properties are those of the target.
set(dlac_systemc SystemC::systemc)
set(DLAC_SC_CPLUSPLUS "")
set(DLAC_SYSTEMC_API "")
if(NOT DLAC_SYSTEMC_PROBLEM AND TARGET SystemC::systemc)
  get_target_property(dlac_systemc_aliased SystemC::systemc ALIASED_TARGET)
  if(dlac_systemc_aliased)
    set(dlac_systemc ${dlac_systemc_aliased})
  endif()
  get_target_property(dlac_systemc_imported ${dlac_systemc} IMPORTED)
  if(dlac_systemc_imported)
    if(dlac_choice MATCHES "^[a-z]+ (.*)$")
      dlac_stamp_of("${CMAKE_MATCH_1}")
    else()
      get_target_property(dlac_stamp ${dlac_systemc} IMPORTED_LOCATION)
    endif()
    dlac_probe_systemc(${dlac_systemc} "${DLAC_SYSTEMC_ORIGIN}" "${dlac_stamp}")
    set(DLAC_SYSTEMC_PROBLEM "${dlac_problem}")
    set(DLAC_SYSTEMC_API "${dlac_api}")
    set(DLAC_SC_CPLUSPLUS "${dlac_standard}")
    get_target_property(dlac_systemc_definitions ${dlac_systemc} INTERFACE_COMPILE_DEFINITIONS)
    if(DLAC_SC_CPLUSPLUS AND NOT dlac_systemc_definitions MATCHES "SC_CPLUSPLUS=")
      set_property(TARGET ${dlac_systemc} APPEND PROPERTY
        INTERFACE_COMPILE_DEFINITIONS SC_CPLUSPLUS=${DLAC_SC_CPLUSPLUS})
    endif()
  endif()
endif()

# What does not fit an installed dLAC is refused, with a way out.
if(DLAC_SYSTEMC_WANTED AND (DLAC_SYSTEMC_API OR dlac_others OR DLAC_SYSTEMC_PROBLEM)
   AND NOT DLAC_SYSTEMC_API STREQUAL DLAC_SYSTEMC_WANTED)
  set(dlac_found "${dlac_others}")
  set(dlac_way_out "")
  if(DLAC_SYSTEMC_API)
    set(dlac_found "the one found here has ${DLAC_SYSTEMC_API} (${DLAC_SYSTEMC_ORIGIN})")
  elseif(DLAC_SYSTEMC_PROBLEM)
    set(dlac_found "${DLAC_SYSTEMC_PROBLEM}")
  endif()
  if(dlac_named OR DLAC_SYSTEMC_API)  # it was to be this one: is there another?
    set(dlac_refused "${dlac_choice}")
    dlac_choose_systemc("${dlac_refused}")
    if(dlac_choice MATCHES "^config (.*)$")
      set(dlac_way_out "-DSystemCLanguage_DIR=${CMAKE_MATCH_1} names one that fits")
    elseif(dlac_choice MATCHES "^pc (.*)$" AND dlac_named)
      string(CONCAT dlac_way_out "Without SystemCLanguage_DIR (cmake -U SystemCLanguage_DIR) systemc.pc in "
        "${CMAKE_MATCH_1} is taken, which fits")
    elseif(dlac_choice)
      string(CONCAT dlac_way_out "Without the project's own SystemC::systemc, find_package(dlac) makes it from "
        "systemc.pc in ${CMAKE_MATCH_1}, which fits: remove what makes the target, e.g. find_package(SystemCLanguage), and what that "
        "left behind (cmake -U SystemCLanguage_DIR)")
    endif()
  endif()
  if(NOT dlac_way_out)
    string(CONCAT dlac_way_out "Name one that fits by -DSystemCLanguage_DIR=FOLDER, the folder of its "
      "SystemCLanguageConfig.cmake, or by PKG_CONFIG_PATH=FOLDER, that of its systemc.pc; or build dLAC with this one, "
      "by -DSystemCLanguage_DIR=FOLDER or PKG_CONFIG_PATH=FOLDER, too")
  endif()
  list(JOIN dlac_found ", " dlac_found)
  if(dlac_found MATCHES "found here has")
    string(APPEND dlac_found ": version and C++ standard must be the same")
  endif()
  string(CONCAT DLAC_SYSTEMC_PROBLEM "dLAC was built against a SystemC with the API ${DLAC_SYSTEMC_WANTED}, but "
    "${dlac_found}. ${dlac_way_out}")
endif()

set(DLAC_SYSTEMC_TAKEN "${dlac_choice}")
if(DLAC_SYSTEMC_PROBLEM)
  unset(DLAC_SYSTEMC_CHOICE CACHE)
elseif(NOT dlac_mark)
  if(dlac_choice MATCHES "^[a-z]+ (.*)$")  # the next run in this build folder keeps to it
    dlac_stamp_of("${CMAKE_MATCH_1}")
    set(DLAC_SYSTEMC_CHOICE "${dlac_choice}" CACHE INTERNAL "the SystemC that was taken")
    set(DLAC_SYSTEMC_REASON "${dlac_reason}" CACHE INTERNAL "why")
    set(DLAC_SYSTEMC_STAMP "${dlac_stamp}${DLAC_SYSTEMC_WANTED}" CACHE INTERNAL "what it was when it was taken")
    set_target_properties(${dlac_systemc} PROPERTIES DLAC_TAKEN "${dlac_choice};${DLAC_SYSTEMC_ORIGIN};${dlac_reason}")
  endif()
  if(NOT dlac_FIND_QUIETLY)
    set(dlac_api "${DLAC_SYSTEMC_API}")
    if(NOT dlac_api)
      set(dlac_api "built by this project")
    endif()
    message(STATUS "SystemC for dLAC: ${dlac_api}, ${DLAC_SYSTEMC_ORIGIN}; ${dlac_reason}")
    foreach(dlac_other IN LISTS dlac_others)
      message(STATUS "SystemC for dLAC, passed over: ${dlac_other}")
    endforeach()
  endif()
endif()
