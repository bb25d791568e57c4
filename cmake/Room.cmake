# tocsin_room(NAME [DEPS target...] [EXCLUDE regex...])
#
# Makes the library tocsin_NAME of the .cpp files below the calling folder, and of the files beside them
#   *_test.cpp  one test executable NAME_test (GoogleTest),
#   *_fuzz.cpp  one libFuzzer executable each (with -DTOCSIN_FUZZ=ON), its seeds in the folder *_fuzz_corpus.
# Files named *_main.cpp or *_bench.cpp are left to the folder's own CMakeLists.txt, and so is what EXCLUDE matches.
function(tocsin_room NAME)
  cmake_parse_arguments(ROOM "" "" "DEPS;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE SOURCES CONFIGURE_DEPENDS *.cpp)
  set(TESTS ${SOURCES})
  set(FUZZERS ${SOURCES})
  list(FILTER TESTS INCLUDE REGEX "_test\\.cpp$")
  list(FILTER FUZZERS INCLUDE REGEX "_fuzz\\.cpp$")
  list(FILTER SOURCES EXCLUDE REGEX "_(test|fuzz|main|bench)\\.cpp$")
  foreach(PATTERN IN LISTS ROOM_EXCLUDE)
    list(FILTER SOURCES EXCLUDE REGEX "${PATTERN}")
    list(FILTER TESTS EXCLUDE REGEX "${PATTERN}")
    list(FILTER FUZZERS EXCLUDE REGEX "${PATTERN}")
  endforeach()

  if(SOURCES)
    add_library(tocsin_${NAME} STATIC ${SOURCES})
    target_include_directories(tocsin_${NAME} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
    target_link_libraries(tocsin_${NAME} PUBLIC ${ROOM_DEPS})
  else()
    add_library(tocsin_${NAME} INTERFACE)
    target_include_directories(tocsin_${NAME} INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
    target_link_libraries(tocsin_${NAME} INTERFACE ${ROOM_DEPS})
  endif()

  if(TESTS)
    add_executable(${NAME}_test ${TESTS})
    set_target_properties(${NAME}_test PROPERTIES UNITY_BUILD OFF)  # tests may share names
    target_link_libraries(${NAME}_test PRIVATE tocsin_${NAME} tocsin_test_support GTest::gmock GTest::gtest GTest::gtest_main)
    add_test(NAME ${NAME}_test COMMAND ${NAME}_test)
  endif()

  if(TOCSIN_FUZZ)
    foreach(FUZZER IN LISTS FUZZERS)
      get_filename_component(TARGET ${FUZZER} NAME_WE)
      add_executable(${TARGET} ${FUZZER})
      target_link_libraries(${TARGET} PRIVATE tocsin_${NAME} tocsin_test_support)
      target_link_options(${TARGET} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()
