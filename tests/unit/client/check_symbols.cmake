# Fails on any symbol that a library shows besides hd_….

function(check_library description pattern)
    execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX REPLACE "\n+" ";" lines "${output}")
    set(count 0)
    foreach(line IN LISTS lines)
        # name type value size; an archive's member and an empty line are neither
        if(NOT line MATCHES "^([^ ]+) [A-Za-z] ")
            continue()
        endif()
        set(name ${CMAKE_MATCH_1})
        if(NOT name MATCHES "${pattern}")
            message(SEND_ERROR "${description} shows ${name}")
        endif()
        math(EXPR count "${count} + 1")
    endforeach()
    if(count LESS 40 OR NOT output MATCHES "hd_client_new")
        message(SEND_ERROR "${description} shows only ${count} symbols")
    endif()
endfunction()

check_library("the shared library" "^(hd_[a-z_]+(@@HISTORYD_CLIENT_1)?|HISTORYD_CLIENT_1(@@HISTORYD_CLIENT_1)?)$"
              ${NM} -D --defined-only -P ${SHARED})
# AddressSanitizer adds marks of its own to variables.
check_library("the static library" "^(hd_[a-z_]+|__odr_asan[._].*)$"
              ${NM} -g --defined-only -P ${STATIC})

execute_process(COMMAND ${READELF} -d -V ${SHARED} OUTPUT_VARIABLE dynamic
                COMMAND_ERROR_IS_FATAL ANY)
if(NOT dynamic MATCHES "SONAME[^\n]*\\[libhistoryd-client\\.so\\.1\\]")
    message(SEND_ERROR "the soname is not libhistoryd-client.so.1")
endif()
if(NOT dynamic MATCHES "Name: HISTORYD_CLIENT_1")
    message(SEND_ERROR "the symbols have no version HISTORYD_CLIENT_1")
endif()
