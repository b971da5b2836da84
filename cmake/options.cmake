# Compiler options every target of the project is built with, and the switches the presets turn.

option(HISTORYD_TESTS "Build the tests" ON)
set(HISTORYD_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")
option(HISTORYD_FUZZ "Build the fuzz targets with libFuzzer (clang)" OFF)
option(HISTORYD_COVERAGE "Instrument for coverage" OFF)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# What is tested is what is shipped, assertions and all: a daemon in a state that can't be ends.
foreach(kind RELEASE RELWITHDEBINFO MINSIZEREL)
    string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${kind} "${CMAKE_C_FLAGS_${kind}}")
endforeach()

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
                    -Wvla -Werror)

if(HISTORYD_SANITIZE)
    add_compile_options(-fsanitize=${HISTORYD_SANITIZE} -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${HISTORYD_SANITIZE})
endif()
if(HISTORYD_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
    add_link_options(-fsanitize=fuzzer-no-link)
endif()
if(HISTORYD_COVERAGE)
    add_compile_options(--coverage -fprofile-update=atomic)
    add_link_options(--coverage)
endif()
