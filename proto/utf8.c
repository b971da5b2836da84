#include "utf8.h"

#include <string.h>

/* What may follow a lead byte: how many bytes, and the range of the first of them. */
struct utf8_lead {
    int size;
    unsigned char low;
    unsigned char high;
};

static struct utf8_lead utf8_lead(unsigned char lead)
{
    if (lead < 0x80)
        return (struct utf8_lead){1, 0, 0};
    if (lead < 0xc2)
        return (struct utf8_lead){0, 0, 0};
    if (lead < 0xe0)
        return (struct utf8_lead){2, 0x80, 0xbf};
    if (lead == 0xe0)
        return (struct utf8_lead){3, 0xa0, 0xbf};
    if (lead == 0xed)
        return (struct utf8_lead){3, 0x80, 0x9f};
    if (lead < 0xf0)
        return (struct utf8_lead){3, 0x80, 0xbf};
    if (lead == 0xf0)
        return (struct utf8_lead){4, 0x90, 0xbf};
    if (lead < 0xf4)
        return (struct utf8_lead){4, 0x80, 0xbf};
    if (lead == 0xf4)
        return (struct utf8_lead){4, 0x80, 0x8f};
    return (struct utf8_lead){0, 0, 0};
}

int utf8_sequence(const char *bytes, size_t size)
{
    struct utf8_lead lead = utf8_lead((unsigned char)bytes[0]);

    for (int i = 1; i < lead.size; i++) {
        unsigned char c;

        if ((size_t)i >= size)
            return -1;
        c = (unsigned char)bytes[i];
        if (i == 1 ? c < lead.low || c > lead.high : (c & 0xc0) != 0x80)
            return 0;
    }
    return lead.size;
}

bool utf8_valid(const char *bytes, size_t size)
{
    size_t at = 0;

    while (at < size) {
        int sequence = utf8_sequence(bytes + at, size - at);

        if (sequence <= 0)
            return false;
        at += (size_t)sequence;
    }
    return true;
}

size_t utf8_cut(const char *text, size_t most)
{
    size_t size = strnlen(text, most + 1);

    if (size <= most)
        return size;
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    return most;
}
