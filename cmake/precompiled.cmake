# Two precompiled headers that the folders share: one for code, one for tests (cmake/precompiled/).

option(HB_PRECOMPILED "parse the headers of others once a build" ON)

# What these headers look at must be the same in every file that takes them.
target_compile_definitions(hb_options INTERFACE
  $<TARGET_PROPERTY:fmt::fmt,INTERFACE_COMPILE_DEFINITIONS>
  $<TARGET_PROPERTY:simdjson::simdjson,INTERFACE_COMPILE_DEFINITIONS>)

if(HB_PRECOMPILED)
  foreach(kind common test)
    add_library(hb_precompiled_${kind} OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled/empty.cc)
    target_link_libraries(hb_precompiled_${kind} PRIVATE hb_options)
    target_precompile_headers(hb_precompiled_${kind} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled/${kind}.h)
  endforeach()
  target_link_libraries(hb_precompiled_test PRIVATE GTest::gmock)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(hb_options INTERFACE
      -fpch-preprocess  # ccache needs it
      # GCC 12 sees these in the strings of its own library, whose place it forgets in a precompiled header.
      -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
    if(HB_SANITIZE STREQUAL "thread")
      target_compile_options(hb_options INTERFACE -Wno-tsan)  # Boost's fences, for the same reason
    endif()
  endif()
endif()

# hb_precompiled(TARGET common|test). A file with compile options of its own says SKIP_PRECOMPILE_HEADERS: GCC 12 refuses the
# header there, or dies of it.
function(hb_precompiled target kind)
  if(HB_PRECOMPILED)
    target_precompile_headers(${target} REUSE_FROM hb_precompiled_${kind})
  endif()
endfunction()
