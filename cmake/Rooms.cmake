# warmgate_room(<name> [ROOMS <room>...] [LIBRARIES <target>...]): the static library warmgate_<name> from all sources
# in src/<name>. ROOMS are the rooms it may use.
function(warmgate_room name)
  cmake_parse_arguments(ARG "" "" "ROOMS;LIBRARIES;SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${name}/*.cpp")
  add_library(warmgate_${name} STATIC ${sources} ${ARG_SOURCES})
  list(TRANSFORM ARG_ROOMS PREPEND warmgate_)
  target_link_libraries(warmgate_${name} PUBLIC warmgate_settings nlohmann_json::nlohmann_json ${ARG_ROOMS}
    PRIVATE ${ARG_LIBRARIES})
  warmgate_use_pch(warmgate_${name})
endfunction()

# One precompiled nlohmann/json.hpp serves every target: it is the header that costs most.
function(warmgate_use_pch target)
  if(WARMGATE_PCH)
    target_precompile_headers(${target} REUSE_FROM warmgate_pch)
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Winvalid-pch>)
  endif()
endfunction()

if(WARMGATE_PCH)
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/pch.cpp" CONTENT "// The owner of the precompiled header.\n")
  add_library(warmgate_pch STATIC "${CMAKE_BINARY_DIR}/pch.cpp")
  target_link_libraries(warmgate_pch PUBLIC warmgate_settings nlohmann_json::nlohmann_json)
  target_precompile_headers(warmgate_pch PRIVATE <nlohmann/json.hpp> <string> <string_view> <vector> <map> <memory>
    <optional> <algorithm>)
endif()
