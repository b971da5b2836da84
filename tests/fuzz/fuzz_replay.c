/* Runs a target over files: fuzz_NAME FILE-OR-FOLDER... */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz_files.h"

int main(int argc, char **argv)
{
    size_t n_inputs = 0;

    for (int i = 1; i < argc; i++)
        n_inputs += fuzz_files(argv[i]);
    printf("%zu inputs\n", n_inputs);
    return n_inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
