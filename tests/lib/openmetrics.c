#include "openmetrics.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAMILIES = 128, SAMPLES = 1024, NAME = 128, LABELS = 512 };

struct family {
    char name[NAME];
    char type[16];
    bool has_type, has_unit, has_help, has_samples;
    /* Of a histogram. */
    double bound, below, count;
    bool has_infinity, has_sum, has_count;
};

struct sample {
    char name[NAME];
    char labels[LABELS]; /* as they stand, without the braces */
    char bound[NAME];    /* value of the label le */
    double value;
    bool whole; /* an integer, as it is spelled */
};

static struct {
    struct family families[FAMILIES];
    int n_families;
    char samples[SAMPLES][NAME + LABELS];
    int n_samples;
    int line;
    char fault[512];
} reader;

static bool wrong(const char *format, ...)
{
    va_list arguments;
    int used = snprintf(reader.fault, sizeof(reader.fault), "line %d: ", reader.line);

    va_start(arguments, format);
    vsnprintf(reader.fault + used, sizeof(reader.fault) - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

static bool name_letter(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (!first && isdigit((unsigned char)c));
}

/* Reads a name and moves behind it. */
static bool name_read(const char **at, char name[NAME])
{
    size_t size = 0;

    while (name_letter((*at)[size], size == 0))
        size++;
    if (size == 0 || size >= NAME)
        return wrong("a name is expected at: %s", *at);
    memcpy(name, *at, size);
    name[size] = '\0';
    *at += size;
    return true;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* realnumber, +Inf, -Inf or NaN, and nothing behind it. */
static bool number_read(const char *text, double *ret_number, bool *ret_whole)
{
    const char *at = text;
    char *end;

    *ret_whole = false;
    if (strcmp(text, "+Inf") == 0 || strcmp(text, "-Inf") == 0 || strcmp(text, "NaN") == 0) {
        *ret_number = strtod(text, &end);
        return true;
    }
    at += *at == '-' || *at == '+';
    *ret_whole = strspn(at, "0123456789") == strlen(at);
    if (!isdigit((unsigned char)*at) || strspn(at, "0123456789.eE+-") != strlen(at))
        return wrong("no number: %s", text);
    *ret_number = strtod(text, &end);
    return *end == '\0' || wrong("no number: %s", text);
}

/* --- families ------------------------------------------------------------------------------- */

static struct family *family_now(void)
{
    return reader.n_families > 0 ? &reader.families[reader.n_families - 1] : NULL;
}

static bool family_end(const struct family *family)
{
    if (!family || strcmp(family->type, "histogram") != 0 || !family->has_samples)
        return true;
    if (!family->has_infinity || !family->has_sum || !family->has_count)
        return wrong("%s lacks its last bucket, sum or count", family->name);
    return family->count == family->below || wrong("%s: count and buckets differ", family->name);
}

static struct family *family_begin(const char *name)
{
    if (!family_end(family_now()))
        return NULL;
    for (int i = 0; i < reader.n_families; i++)
        if (strcmp(reader.families[i].name, name) == 0) {
            wrong("%s begins twice", name);
            return NULL;
        }
    if (reader.n_families == FAMILIES) {
        wrong("too many families");
        return NULL;
    }
    reader.n_families++;
    *family_now() = (struct family){.bound = -INFINITY};
    strcpy(family_now()->name, name);
    return family_now();
}

static bool type_read(struct family *family, const char *type)
{
    static const char *const known[] = {"unknown", "gauge",     "counter",        "stateset",
                                        "info",    "histogram", "gaugehistogram", "summary"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(type, known[i]) == 0) {
            strcpy(family->type, type);
            return true;
        }
    return wrong("no type: %s", type);
}

static bool help_read(const char *help)
{
    for (; *help; help++) {
        if (*help == '"')
            return wrong("a quote that is not escaped");
        if (*help == '\\' && !strchr("\\\"n", *++help))
            return wrong("no escape: \\%c", *help);
    }
    return true;
}

static bool once(bool *seen, const char *what)
{
    if (*seen)
        return wrong("%s comes twice", what);
    *seen = true;
    return true;
}

static bool descriptor_read(const char *at)
{
    char keyword[NAME], name[NAME];
    struct family *family = family_now();

    if (!name_read(&at, keyword) || *at++ != ' ' || !name_read(&at, name) || *at++ != ' ')
        return wrong("no descriptor");
    if (!family || strcmp(family->name, name) != 0)
        family = family_begin(name);
    if (!family)
        return false;
    if (family->has_samples)
        return wrong("a descriptor behind samples");
    if (strcmp(keyword, "TYPE") == 0)
        return once(&family->has_type, keyword) && type_read(family, at);
    if (strcmp(keyword, "HELP") == 0)
        return once(&family->has_help, keyword) && help_read(at);
    if (strcmp(keyword, "UNIT") != 0)
        return wrong("no descriptor: %s", keyword);
    snprintf(keyword, sizeof(keyword), "_%s", at);
    return once(&family->has_unit, "UNIT") &&
           (ends_with(name, keyword) || wrong("%s does not end with its unit", name));
}

/* --- samples -------------------------------------------------------------------------------- */

static bool label_read(const char **at, struct sample *sample)
{
    char name[NAME], value[NAME] = "";
    size_t size = 0;

    if (!name_read(at, name) || strchr(name, ':') || strncmp(*at, "=\"", 2) != 0)
        return wrong("no label");
    for (*at += 2; **at != '"'; (*at)++) {
        if (**at == '\\' && !strchr("\\\"n", *++*at))
            return wrong("no escape in a label");
        if (**at == '\0' || size + 1 >= sizeof(value))
            return wrong("a label without end");
        value[size++] = **at;
    }
    (*at)++;
    if (strcmp(name, "le") == 0)
        strcpy(sample->bound, value);
    return true;
}

static bool labels_read(const char **at, struct sample *sample)
{
    const char *begin = *at;

    if (**at != '{')
        return true;
    do {
        (*at)++;
        if (!label_read(at, sample))
            return false;
    } while (**at == ',');
    if (**at != '}' || *at - begin >= LABELS)
        return wrong("labels without end");
    (*at)++;
    memcpy(sample->labels, begin, (size_t)(*at - begin));
    return true;
}

static bool bucket_take(struct family *family, const struct sample *sample)
{
    double bound;
    bool whole;

    if (!sample->bound[0] || !number_read(sample->bound, &bound, &whole))
        return wrong("a bucket without a bound");
    if (bound <= family->bound || sample->value < family->below || whole)
        return wrong("buckets must rise, their bounds too, and these have a point: %s",
                     sample->bound);
    family->bound = bound;
    family->below = sample->value;
    family->has_infinity = isinf(bound);
    return true;
}

static bool histogram_take(struct family *family, const struct sample *sample, const char *suffix)
{
    if (strcmp(suffix, "_sum") == 0)
        return once(&family->has_sum, suffix) && !isnan(sample->value);
    if (!sample->whole)
        return wrong("%s is no count", sample->name);
    if (strcmp(suffix, "_bucket") == 0)
        return bucket_take(family, sample);
    family->count = sample->value;
    return strcmp(suffix, "_count") == 0 ? once(&family->has_count, suffix)
                                         : wrong("no sample of a histogram: %s", suffix);
}

static bool sample_take(struct family *family, const struct sample *sample)
{
    const char *suffix = sample->name + strlen(family->name);

    family->has_samples = true;
    if (strcmp(family->type, "histogram") == 0)
        return histogram_take(family, sample, suffix);
    if (strcmp(family->type, "counter") == 0)
        return (strcmp(suffix, "_total") == 0 && sample->value >= 0) ||
               wrong("no sample of a counter: %s", sample->name);
    return *suffix == '\0' || wrong("no sample of a %s: %s", family->type, sample->name);
}

static bool sample_remember(const struct sample *sample)
{
    char text[NAME + LABELS];

    snprintf(text, sizeof(text), "%s%s", sample->name, sample->labels);
    for (int i = 0; i < reader.n_samples; i++)
        if (strcmp(reader.samples[i], text) == 0)
            return wrong("%s comes twice", text);
    if (reader.n_samples == SAMPLES)
        return wrong("too many samples");
    strcpy(reader.samples[reader.n_samples++], text);
    return true;
}

static bool sample_read(const char *at)
{
    struct sample sample = {.value = 0};
    struct family *family = family_now();

    if (!name_read(&at, sample.name) || !labels_read(&at, &sample))
        return false;
    if (!family || strncmp(sample.name, family->name, strlen(family->name)) != 0)
        return wrong("%s stands outside its family", sample.name);
    if (*at++ != ' ' || !number_read(at, &sample.value, &sample.whole))
        return wrong("no value: %s", at);
    return sample_remember(&sample) && sample_take(family, &sample);
}

/* --- the whole ------------------------------------------------------------------------------ */

static bool lines_read(char *text)
{
    char *line;

    while ((line = strsep(&text, "\n"))) {
        reader.line++;
        if (!text)
            return wrong("the last line has no end");
        if (strcmp(line, "# EOF") == 0)
            return family_end(family_now()) && (*text == '\0' || wrong("text behind the end"));
        if (strncmp(line, "# ", 2) == 0 ? !descriptor_read(line + 2) : !sample_read(line))
            return false;
    }
    return wrong("there is no end");
}

const char *openmetrics_fault(const char *text)
{
    char *copy = strdup(text);
    bool fine;

    memset(&reader, 0, sizeof(reader));
    fine = copy && lines_read(copy);
    free(copy);
    if (!fine && !reader.fault[0])
        wrong("a fault");
    return fine ? NULL : reader.fault;
}

bool openmetrics_value(const char *text, const char *sample, double *ret_value)
{
    size_t size = strlen(sample);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, sample, size) == 0 && line[size] == ' ') {
            *ret_value = strtod(line + size, NULL);
            return true;
        }
    }
    return false;
}
