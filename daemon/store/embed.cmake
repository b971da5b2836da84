# Turns the migrations into C: cmake -DOUTPUT=file.c "-DFILES=a.sql|b.sql" -P embed.cmake
# A file's name starts with the version it makes; the versions count from 1 without a gap.

string(REPLACE "|" ";" files "${FILES}")
set(texts "")
set(rows "")
set(version 0)
foreach(file IN LISTS files)
    math(EXPR version "${version} + 1")
    get_filename_component(name "${file}" NAME_WE)
    string(REGEX MATCH "^0*([1-9][0-9]*)_" prefix "${name}")
    if(NOT CMAKE_MATCH_1 STREQUAL version)
        message(FATAL_ERROR "${file} should be version ${version}")
    endif()
    file(READ "${file}" bytes HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1, " bytes "${bytes}")
    string(APPEND texts "static const char text_${version}[] = {\n${bytes}0x00};\n\n")
    string(APPEND rows "    {${version}, \"${name}\", text_${version}},\n")
endforeach()
file(WRITE "${OUTPUT}" "/* Made from the .sql files; do not edit. */
#include \"migrate.h\"

${texts}const struct migration migrations[] = {\n${rows}};
const int n_migrations = ${version};
")
