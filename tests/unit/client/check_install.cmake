# Installs the library into a folder and builds the example from there, as a user would.

function(run)
    execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE output ERROR_VARIABLE output
                    RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${ARGN}: ${result}\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

# No daemon listens there: the program says so and ends with 1.
function(check_program program)
    execute_process(COMMAND ${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${root}/${LIBDIR}
                            ${program} /nonexistent/socket
                    OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE result)
    if(NOT result EQUAL 1 OR NOT said MATCHES "cannot connect to /nonexistent/socket")
        message(FATAL_ERROR "${program}: ${result}\n${said}")
    endif()
endfunction()

function(pkg_config variable)
    execute_process(COMMAND ${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${root}/${LIBDIR}/pkgconfig
                            pkg-config --define-variable=prefix=${root} ${ARGN} historyd
                    OUTPUT_VARIABLE output OUTPUT_STRIP_TRAILING_WHITESPACE
                    COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(output UNIX_COMMAND "${output}")
    set(${variable} ${output} PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
set(root ${WORK}/root)
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
run(${CMAKE_COMMAND} --install ${BUILD} --component client --prefix ${root})

run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${WORK}/build -G ${GENERATOR} -D CMAKE_C_COMPILER=${CC}
    -D CMAKE_PREFIX_PATH=${root} -D CMAKE_C_FLAGS=${FLAGS} -D EXAMPLE=${EXAMPLE})
run(${CMAKE_COMMAND} --build ${WORK}/build)
check_program(${WORK}/build/consumer-shared)
check_program(${WORK}/build/consumer-static)

pkg_config(shared --cflags --libs)
run(${CC} ${flags} ${EXAMPLE} ${shared} -o ${WORK}/pkg-shared)
check_program(${WORK}/pkg-shared)
pkg_config(static --static --cflags --libs)
list(TRANSFORM static REPLACE "^-lhistoryd-client$" "-l:libhistoryd-client.a")
run(${CC} ${flags} ${EXAMPLE} ${static} -o ${WORK}/pkg-static)
check_program(${WORK}/pkg-static)
