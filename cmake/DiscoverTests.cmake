# SPDX-License-Identifier: Apache-2.0
# discover_tests(TARGET KIND [FOLDER folder] [PROPERTIES name value ...]): every TEST_CASE of a Catch2 executable becomes
# a CTest test "KIND: name" in a process of its own, with two labels: its kind, and the folder that it tests. That is
# FOLDER, or where its source lies below the folder of the calling CMakeLists.txt. Unlike Catch's own
# catch_discover_tests() it gives tests labels of their own, and knows names with a semicolon. What a cross build makes is
# run by CMAKE_CROSSCOMPILING_EMULATOR.

# As a script, after the build of the executable: writes the CTest file.
if(CMAKE_SCRIPT_MODE_FILE)
  execute_process(COMMAND ${EMULATOR} "${EXECUTABLE}" --list-test-names-only --verbosity high
    OUTPUT_VARIABLE listed ERROR_VARIABLE problem RESULT_VARIABLE result)
  if(NOT result MATCHES "^[1-9][0-9]*$")  # Catch's exit code is the number of tests, up to 255
    message(FATAL_ERROR "${EXECUTABLE} lists no tests: ${result}\n${problem}")
  endif()
  set(command "")
  foreach(word ${EMULATOR} "${EXECUTABLE}")
    string(APPEND command " [==[${word}]==]")
  endforeach()
  set(script "")
  while(listed MATCHES "^([^\n\t]+)\t@([^\n]+):[0-9]+\n(.*)$")
    set(name "${CMAKE_MATCH_1}")
    set(source "${CMAKE_MATCH_2}")
    set(listed "${CMAKE_MATCH_3}")
    string(REGEX REPLACE "([],[\\])" "\\\\\\1" filter "${name}")  # what Catch would take for syntax
    set(folder "${FOLDER}")
    if(NOT folder)
      cmake_path(GET source PARENT_PATH folder)
      cmake_path(RELATIVE_PATH folder BASE_DIRECTORY "${SOURCE_ROOT}")
    endif()
    string(APPEND script "add_test([==[${KIND}: ${name}]==]${command} [==[${filter}]==])\n"
      "set_tests_properties([==[${KIND}: ${name}]==] PROPERTIES LABELS [==[${KIND};${folder}]==] ${PROPERTIES})\n")
  endwhile()
  if(listed MATCHES "[^\n]")
    message(FATAL_ERROR "${EXECUTABLE} lists tests in another form:\n${listed}")
  endif()
  file(WRITE "${OUTPUT}" "${script}")
  return()
endif()

function(discover_tests target kind)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "FOLDER" "PROPERTIES")
  list(JOIN arg_PROPERTIES " " properties)
  set(tests_file "${CMAKE_CURRENT_BINARY_DIR}/${target}_tests.cmake")
  add_custom_command(TARGET ${target} POST_BUILD BYPRODUCTS "${tests_file}"
    COMMAND "${CMAKE_COMMAND}" -D "EMULATOR=${CMAKE_CROSSCOMPILING_EMULATOR}" -D "EXECUTABLE=$<TARGET_FILE:${target}>"
            -D "KIND=${kind}" -D "FOLDER=${arg_FOLDER}"
            -D "SOURCE_ROOT=${CMAKE_CURRENT_SOURCE_DIR}" -D "PROPERTIES=${properties}" -D "OUTPUT=${tests_file}"
            -P "${CMAKE_CURRENT_FUNCTION_LIST_FILE}"
    VERBATIM)
  set(include_file "${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake")
  file(WRITE "${include_file}" "if(EXISTS \"${tests_file}\")\n  include(\"${tests_file}\")\nelse()\n"
    "  add_test(\"${kind}: ${target} is not built\" ${target}_is_not_built)\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${include_file}")
endfunction()
