# warmgate_embed(OUT <file.cpp> FILES <file>...): data files as C++ string literals, looked up by their path relative
# to the source folder (base/embedded.h). Regenerated when a file changes.
function(warmgate_embed)
  cmake_parse_arguments(ARG "" "OUT" "FILES" ${ARGN})
  add_custom_command(
    OUTPUT "${ARG_OUT}"
    COMMAND ${CMAKE_COMMAND} "-DOUT=${ARG_OUT}" "-DROOT=${CMAKE_SOURCE_DIR}" "-DFILES=${ARG_FILES}"
            -P "${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake"
    DEPENDS ${ARG_FILES} "${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake"
    COMMENT "Embedding data files" VERBATIM)
endfunction()
