# SPDX-License-Identifier: Apache-2.0
# cli_*.cpp: run the program dlac-tb as a user does and look at its exit code, output and files.
file(GLOB cli_sources CONFIGURE_DEPENDS cli_*.cpp)
add_executable(dlac-cli-tests unit_main.cpp ${cli_sources})
target_compile_definitions(dlac-cli-tests PRIVATE DLAC_TB_PROGRAM="$<TARGET_FILE:dlac-tb>"
                                                  DLAC_SOURCE_FOLDER="${PROJECT_SOURCE_DIR}")
target_link_libraries(dlac-cli-tests PRIVATE dlac_workloads nlohmann_json::nlohmann_json dlac_flags Catch2::Catch2)
add_dependencies(dlac-cli-tests dlac-tb)
catch_discover_tests(dlac-cli-tests TEST_PREFIX "cli: " PROPERTIES TIMEOUT 600)
