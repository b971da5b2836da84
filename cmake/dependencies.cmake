# Foreign libraries, each used by one room only.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(cjson REQUIRED IMPORTED_TARGET libcjson)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(libuv REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(inih REQUIRED IMPORTED_TARGET inih)
if(HISTORYD_TESTS)
    pkg_check_modules(check REQUIRED IMPORTED_TARGET check)
endif()
