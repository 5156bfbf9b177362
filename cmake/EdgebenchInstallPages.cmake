# What cmake --install adds to the programs: completion for the shells that look in these
# folders, and the manual pages, which the programs write themselves.

set(completion "${PROJECT_SOURCE_DIR}/controller/completion")
install(FILES "${completion}/edgebench.bash" RENAME edgebench
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${completion}/edgebench.fish"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
# Debian's zsh looks in another folder of /usr than of /usr/local. The prefix is known when
# --prefix was read.
install(CODE "
  set(folder \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/zsh/site-functions\")
  if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
    set(folder \"/usr/${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions\")
  endif()
  file(INSTALL \"${completion}/edgebench.zsh\" DESTINATION \"\${folder}\" RENAME _edgebench)
")

if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  install(CODE "
    message(STATUS \"The manual pages are left out: the programs that write them are of another \"
            \"machine. There: edgebench man DIR\")
  ")
  return()
endif()
# Written anew, so that no page of a command that is gone stays.
set(pages "${PROJECT_BINARY_DIR}/man")
install(CODE "
  file(REMOVE_RECURSE \"${pages}\")
  file(MAKE_DIRECTORY \"${pages}/man8\")
  execute_process(
    COMMAND ${CMAKE_CROSSCOMPILING_EMULATOR} \"$<TARGET_FILE:edgebench>\" man \"${pages}/man1\"
    ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
  execute_process(
    COMMAND ${CMAKE_CROSSCOMPILING_EMULATOR} \"$<TARGET_FILE:edgebench-agent>\" --manual-page
    OUTPUT_FILE \"${pages}/man8/edgebench-agent.8\" COMMAND_ERROR_IS_FATAL ANY)
  file(INSTALL \"${pages}/man1\" \"${pages}/man8\"
       DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}\"
       FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
")
