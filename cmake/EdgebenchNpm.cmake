# edgebench_npm_ci(FOLDER STAMP)
#   Installs what package-lock.json of the current source folder names into FOLDER/node_modules,
#   at build time, again only when package.json or the lock changed. STAMP is a variable
#   that gets the file to depend on. EDGEBENCH_NODE is the program that runs scripts.

find_program(EDGEBENCH_NODE NAMES node nodejs)
find_program(EDGEBENCH_NPM NAMES npm)
if(NOT EDGEBENCH_NODE OR NOT EDGEBENCH_NPM)
  message(FATAL_ERROR
    "There is no node or no npm, which make the page of reports. deploy/install-deps.sh build installs both.")
endif()
execute_process(COMMAND "${EDGEBENCH_NODE}" --version
                OUTPUT_VARIABLE EDGEBENCH_NODE_VERSION OUTPUT_STRIP_TRAILING_WHITESPACE)
string(REGEX REPLACE "^v" "" EDGEBENCH_NODE_VERSION "${EDGEBENCH_NODE_VERSION}")
if(EDGEBENCH_NODE_VERSION VERSION_LESS 18)
  message(FATAL_ERROR
    "${EDGEBENCH_NODE} is version ${EDGEBENCH_NODE_VERSION}; the page of reports is made by 18 or newer.")
endif()

function(edgebench_npm_ci FOLDER STAMP)
  set(stamp "${FOLDER}/installed")
  set(sources "${CMAKE_CURRENT_SOURCE_DIR}/package.json" "${CMAKE_CURRENT_SOURCE_DIR}/package-lock.json")
  # Packages bring no programs to run while they are installed: what esbuild's would do, it
  # does without as well.
  add_custom_command(
    OUTPUT "${stamp}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${FOLDER}"
    COMMAND "${CMAKE_COMMAND}" -E copy ${sources} "${FOLDER}"
    COMMAND "${EDGEBENCH_NPM}" ci --prefix "${FOLDER}" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
    COMMAND "${CMAKE_COMMAND}" -E touch "${stamp}"
    DEPENDS ${sources}
    COMMENT "Fetching the packages of ${CMAKE_CURRENT_SOURCE_DIR}/package-lock.json"
    VERBATIM)
  set(${STAMP} "${stamp}" PARENT_SCOPE)
endfunction()
