#include "answers.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static void text_free(void *object)
{
    cJSON_free(object);
}

static const char *shown(const cJSON *json)
{
    return json ? harness_keep(cJSON_PrintUnformatted(json), text_free) : "(nothing)";
}

const cJSON *answer_find(const cJSON *answer, const char *path)
{
    const cJSON *place = answer;
    const char *step = path;

    while (place && *step) {
        if (*step == '[') {
            char *end;
            long index = strtol(step + 1, &end, 10);

            place = cJSON_GetArrayItem(place, (int)index);
            step = end + 1;
        } else {
            size_t size = strcspn(step, ".[");
            char *key = harness_alloc(size + 1);

            memcpy(key, step, size);
            place = cJSON_GetObjectItemCaseSensitive(place, key);
            step += size;
        }
        if (*step == '.')
            step++;
    }
    return place;
}

const cJSON *answer_at(const cJSON *answer, const char *path)
{
    const cJSON *place = answer_find(answer, path);

    ck_assert_msg(place != NULL, "no %s in %.2000s", path, shown(answer));
    return place;
}

const char *answer_text(const cJSON *answer, const char *path)
{
    const cJSON *place = answer_at(answer, path);

    ck_assert_msg(cJSON_IsString(place), "%s is no string in %.2000s", path, shown(answer));
    return place->valuestring;
}

int64_t answer_int(const cJSON *answer, const char *path)
{
    const cJSON *place = answer_at(answer, path);

    ck_assert_msg(cJSON_IsNumber(place) && fabs(place->valuedouble) < 9007199254740992.0 &&
                      floor(place->valuedouble) == place->valuedouble,
                  "%s is no small integer in %.2000s", path, shown(answer));
    return (int64_t)place->valuedouble;
}

bool answer_bool(const cJSON *answer, const char *path)
{
    const cJSON *place = answer_at(answer, path);

    ck_assert_msg(cJSON_IsBool(place), "%s is no boolean in %.2000s", path, shown(answer));
    return cJSON_IsTrue(place);
}

int answer_count(const cJSON *answer, const char *path)
{
    const cJSON *place = answer_at(answer, path);

    ck_assert_msg(cJSON_IsArray(place), "%s is no array in %.2000s", path, shown(answer));
    return cJSON_GetArraySize(place);
}

void answer_lacks(const cJSON *answer, const char *path)
{
    ck_assert_msg(answer_find(answer, path) == NULL, "%s should not be in %.2000s", path,
                  shown(answer));
}

static bool json_holds(const cJSON *json, const cJSON *expected)
{
    const cJSON *item;
    int i = 0;

    if (!json)
        return false;
    if (cJSON_IsArray(expected)) {
        if (!cJSON_IsArray(json) || cJSON_GetArraySize(json) != cJSON_GetArraySize(expected))
            return false;
        cJSON_ArrayForEach(item, expected)
        {
            if (!json_holds(cJSON_GetArrayItem(json, i++), item))
                return false;
        }
        return true;
    }
    if (!cJSON_IsObject(expected))
        return cJSON_Compare(json, expected, true);
    if (!cJSON_IsObject(json))
        return false;
    cJSON_ArrayForEach(item, expected)
    {
        if (!json_holds(cJSON_GetObjectItemCaseSensitive(json, item->string), item))
            return false;
    }
    return true;
}

static bool answer_holds_text(const cJSON *answer, const char *text)
{
    cJSON *expected = cJSON_Parse(text);
    bool holds;

    ck_assert_msg(expected != NULL, "the test's own JSON is wrong: %s", text);
    holds = json_holds(answer, expected);
    cJSON_Delete(expected);
    return holds;
}

bool answer_holds(const cJSON *answer, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = harness_vtext(format, arguments);
    va_end(arguments);
    return answer_holds_text(answer, text);
}

void answer_matches(const cJSON *answer, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = harness_vtext(format, arguments);
    va_end(arguments);
    ck_assert_msg(answer_holds_text(answer, text), "expected %s\n     but %.4000s", text,
                  shown(answer));
}

bool answer_equals(const cJSON *a, const cJSON *b)
{
    return cJSON_Compare(a, b, true);
}

void answer_is_time(const cJSON *answer, const char *path)
{
    static const char pattern[] = "dddd-dd-ddTdd:dd:dd.ddddddZ";
    const char *text = answer_text(answer, path);
    bool good = strlen(text) == sizeof(pattern) - 1;

    for (size_t i = 0; good && i < sizeof(pattern) - 1; i++)
        good = pattern[i] == 'd' ? isdigit((unsigned char)text[i]) : text[i] == pattern[i];
    ck_assert_msg(good, "%s: '%s' is no canonical time", path, text);
}
