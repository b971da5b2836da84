#include "scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "keyset.h"
#include "utf8.h"

/* An array or object that is open. */
struct frame {
    uint32_t slot;
    bool object;
    bool fresh; /* nothing in it yet */
    struct keyset_object keys;
};

struct scanner {
    const char *text;
    size_t size;
    size_t at;
    const struct limits *limits;
    struct fault *fault;
    struct scan_slot *slots;
    size_t n_slots;
    size_t slots_capacity;
    size_t spaces;
    struct frame *frames;
    size_t n_frames;
    size_t frames_capacity;
    struct keyset keys;
};

static int fail_at(struct scanner *scanner, size_t offset, const char *reason)
{
    return fault_set(scanner->fault, FAULT_MALFORMED, (int64_t)offset, reason);
}

/* The next byte is not what it must be, or there is none. */
static int fail_here(struct scanner *scanner, const char *reason)
{
    return fail_at(scanner, scanner->at,
                   scanner->at < scanner->size ? reason : "the message ends too early");
}

static int peek(const struct scanner *scanner)
{
    return scanner->at < scanner->size ? (unsigned char)scanner->text[scanner->at] : -1;
}

static void skip_spaces(struct scanner *scanner)
{
    size_t first = scanner->at;
    int c = peek(scanner);

    if (c > ' ')
        return;
    while (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        scanner->at++;
        c = peek(scanner);
    }
    scanner->spaces += scanner->at - first;
}

/* --- scalars ---------------------------------------------------------------------------------- */

/* At an opening quote. */
static int scan_string(struct scanner *scanner, bool *ret_escaped)
{
    *ret_escaped = false;
    scanner->at++;
    for (;;) {
        const char *reason = "invalid UTF-8 in string";
        const char *bytes;
        size_t left;
        int step;

        scanner->at = escape_plain_end(scanner->text, scanner->at, scanner->size);
        bytes = scanner->text + scanner->at;
        left = scanner->size - scanner->at;
        if (left == 0)
            return fail_here(scanner, NULL);
        if (*bytes == '"') {
            scanner->at++;
            return 0;
        }
        if (*bytes == '\\') {
            *ret_escaped = true;
            step = escape_check(bytes, left, &reason);
        } else if ((unsigned char)*bytes < 0x20) {
            return fail_here(scanner, "raw control byte in string");
        } else {
            step = utf8_sequence(bytes, left);
        }
        if (step == 0)
            return fail_here(scanner, reason);
        if (step < 0)
            return fail_at(scanner, scanner->size, "the message ends too early");
        scanner->at += (size_t)step;
    }
}

static bool digit_next(const struct scanner *scanner)
{
    int c = peek(scanner);

    return c >= '0' && c <= '9';
}

/* One digit or more. */
static int scan_digits(struct scanner *scanner)
{
    if (!digit_next(scanner))
        return fail_here(scanner, "a digit is missing in a number");
    while (digit_next(scanner))
        scanner->at++;
    return 0;
}

static int scan_number(struct scanner *scanner)
{
    int r;

    if (peek(scanner) == '-')
        scanner->at++;
    if (peek(scanner) == '0') {
        scanner->at++;
        if (digit_next(scanner))
            return fail_here(scanner, "a number begins with 0");
    } else {
        r = scan_digits(scanner);
        if (r != 0)
            return r;
    }
    if (peek(scanner) == '.') {
        scanner->at++;
        r = scan_digits(scanner);
        if (r != 0)
            return r;
    }
    if (peek(scanner) == 'e' || peek(scanner) == 'E') {
        scanner->at++;
        if (peek(scanner) == '+' || peek(scanner) == '-')
            scanner->at++;
        return scan_digits(scanner);
    }
    return 0;
}

static int scan_word(struct scanner *scanner, const char *word)
{
    for (; *word; word++, scanner->at++)
        if (peek(scanner) != *word)
            return fail_here(scanner, "expected a value");
    return 0;
}

/* --- values ----------------------------------------------------------------------------------- */

static int push_slot(struct scanner *scanner, size_t key)
{
    if ((int64_t)scanner->n_slots >= scanner->limits->values)
        return fault_set(scanner->fault, FAULT_TOO_LARGE_MESSAGE, scanner->limits->values,
                         "values");
    if (scanner->n_slots == scanner->slots_capacity) {
        size_t capacity =
            scanner->slots_capacity ? 2 * scanner->slots_capacity : 16 + scanner->size / 32;
        struct scan_slot *slots = realloc(scanner->slots, capacity * sizeof(*slots));

        if (!slots)
            return -ENOMEM;
        scanner->slots = slots;
        scanner->slots_capacity = capacity;
    }
    scanner->slots[scanner->n_slots++] =
        (struct scan_slot){.start = (uint32_t)scanner->at, .key = (uint32_t)key};
    return 0;
}

static int push_frame(struct scanner *scanner, size_t slot, bool object)
{
    struct frame *frame;

    if ((int64_t)scanner->n_frames >= scanner->limits->depth)
        return fault_set(scanner->fault, FAULT_TOO_LARGE_MESSAGE, scanner->limits->depth, "depth");
    if (scanner->n_frames == scanner->frames_capacity) {
        size_t capacity = scanner->frames_capacity ? 2 * scanner->frames_capacity : 16;
        struct frame *frames = realloc(scanner->frames, capacity * sizeof(*frames));

        if (!frames)
            return -ENOMEM;
        scanner->frames = frames;
        scanner->frames_capacity = capacity;
    }
    frame = &scanner->frames[scanner->n_frames++];
    *frame = (struct frame){.slot = (uint32_t)slot, .object = object, .fresh = true};
    if (object)
        keyset_begin(&scanner->keys, &frame->keys);
    scanner->at++;
    return 0;
}

/* At the first byte of a value; an array or object is only opened. */
static int scan_value(struct scanner *scanner, size_t key)
{
    size_t slot = scanner->n_slots;
    int c = peek(scanner);
    bool escaped;
    int r;

    if (c != '{' && c != '[' && c != '"' && c != '-' && c != 't' && c != 'f' && c != 'n' &&
        !digit_next(scanner))
        return fail_here(scanner, "expected a value");
    r = push_slot(scanner, key);
    if (r != 0)
        return r;
    if (c == '{' || c == '[')
        return push_frame(scanner, slot, c == '{');
    if (c == '"')
        r = scan_string(scanner, &escaped);
    else if (c == 't')
        r = scan_word(scanner, "true");
    else if (c == 'f')
        r = scan_word(scanner, "false");
    else if (c == 'n')
        r = scan_word(scanner, "null");
    else
        r = scan_number(scanner);
    if (r != 0)
        return r;
    scanner->slots[slot].end = (uint32_t)scanner->at;
    scanner->slots[slot].next = (uint32_t)slot + 1;
    return 0;
}

/* A key, its colon, and what white space is around that. */
static int scan_key(struct scanner *scanner, struct frame *frame)
{
    size_t key = scanner->at;
    bool escaped;
    int r;

    if (peek(scanner) != '"')
        return fail_here(scanner, frame->fresh ? "expected a key or }" : "expected a key");
    r = scan_string(scanner, &escaped);
    if (r != 0)
        return r;
    r = keyset_add(&scanner->keys, &frame->keys, scanner->text + key + 1, scanner->at - key - 2,
                   escaped);
    if (r < 0)
        return r;
    if (r > 0)
        return fail_at(scanner, key, "duplicate key");
    skip_spaces(scanner);
    if (peek(scanner) != ':')
        return fail_here(scanner, "expected :");
    scanner->at++;
    skip_spaces(scanner);
    return 0;
}

static void close_frame(struct scanner *scanner)
{
    struct frame *frame = &scanner->frames[--scanner->n_frames];
    struct scan_slot *slot = &scanner->slots[frame->slot];

    scanner->at++;
    slot->end = (uint32_t)scanner->at;
    slot->next = (uint32_t)scanner->n_slots;
    if (frame->object)
        keyset_end(&scanner->keys, &frame->keys);
}

/* The next member or element of the innermost array or object, or its end. */
static int scan_step(struct scanner *scanner)
{
    struct frame *frame = &scanner->frames[scanner->n_frames - 1];
    size_t key = SCAN_NO_KEY;
    int r;

    skip_spaces(scanner);
    if (peek(scanner) == (frame->object ? '}' : ']')) {
        close_frame(scanner);
        return 0;
    }
    if (!frame->fresh) {
        if (peek(scanner) != ',')
            return fail_here(scanner, frame->object ? "expected , or }" : "expected , or ]");
        scanner->at++;
        skip_spaces(scanner);
    }
    if (frame->object) {
        key = scanner->at;
        r = scan_key(scanner, frame);
        if (r != 0)
            return r;
    }
    frame->fresh = false;
    return scan_value(scanner, key);
}

static int scan_text(struct scanner *scanner)
{
    int r;

    if ((int64_t)scanner->size > scanner->limits->message || scanner->size >= SCAN_NO_KEY)
        return fault_set(scanner->fault, FAULT_TOO_LARGE_MESSAGE, scanner->limits->message,
                         "message");
    skip_spaces(scanner);
    if (scanner->at == scanner->size)
        return fail_at(scanner, scanner->at, "the message is empty");
    r = scan_value(scanner, SCAN_NO_KEY);
    while (r == 0 && scanner->n_frames > 0)
        r = scan_step(scanner);
    if (r != 0)
        return r;
    skip_spaces(scanner);
    if (scanner->at < scanner->size)
        return fail_here(scanner, "text behind the value");
    return 0;
}

int scan_read(const char *text, size_t size, const struct limits *limits, struct scan *ret_scan,
              struct fault *ret_fault)
{
    struct scanner scanner = {
        .text = text, .size = size, .limits = limits, .fault = ret_fault, .keys = KEYSET_INIT};
    int r = scan_text(&scanner);

    free(scanner.frames);
    keyset_clear(&scanner.keys);
    if (r != 0) {
        free(scanner.slots);
        return r;
    }
    *ret_scan = (struct scan){.slots = scanner.slots,
                              .n_slots = (uint32_t)scanner.n_slots,
                              .spaces = (uint32_t)scanner.spaces};
    return 0;
}

void scan_clear(struct scan *scan)
{
    free(scan->slots);
    *scan = (struct scan){0};
}

size_t scan_string_end(const char *text, size_t at, bool *ret_escaped)
{
    *ret_escaped = false;
    for (at++; text[at] != '"'; at++) {
        if (text[at] == '\\') {
            *ret_escaped = true;
            at++;
        }
    }
    return at + 1;
}
