# Flags of every target. Floating point must give the same digits everywhere: no contraction, no -ffast-math.
add_compile_options(-Wall -Wextra -Werror -ffp-contract=off -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++'s own stable_sort uses what it has marked deprecated.
  add_compile_options(-Wthread-safety -Wno-deprecated-declarations -Wno-missing-field-initializers)
else()
  # g++ 12 reports moved-from variants and vectors (-Wmaybe-uninitialized) and std::string::assign (-Wrestrict) without a cause.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-tsan> -Wno-missing-field-initializers -Wno-subobject-linkage -Wno-maybe-uninitialized -Wno-restrict)
endif()

if(TOCSIN_SANITIZE)
  add_compile_options(-fsanitize=${TOCSIN_SANITIZE} -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${TOCSIN_SANITIZE})
endif()
if(TOCSIN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
  if(NOT TOCSIN_SANITIZE)
    add_link_options(-Wl,--gc-sections -Wl,--icf=safe)  # half a MiB less resident: equal functions are kept once
  endif()
endif()
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()
