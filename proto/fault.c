#include "fault.h"

#include <stdio.h>
#include <string.h>

#include "utf8.h"

int fault_set(struct fault *ret_fault, enum fault_kind kind, int64_t number, const char *text)
{
    size_t size = utf8_cut(text, sizeof(ret_fault->text) - 1);

    ret_fault->kind = kind;
    ret_fault->number = number;
    memcpy(ret_fault->text, text, size);
    ret_fault->text[size] = '\0';
    return 1;
}

void fault_name(const char *name, char text[static FAULT_NAME_SIZE])
{
    size_t size = utf8_cut(name, FAULT_NAME_MOST);

    memcpy(text, name, size);
    strcpy(text + size, name[size] ? "…" : "");
}
