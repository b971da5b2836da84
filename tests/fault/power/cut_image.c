#include "cut_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What becomes of the bytes of one file's changes. */
enum style {
    STYLE_NONE,
    STYLE_ALL,
    STYLE_PREFIX,  /* up to some write, which is torn */
    STYLE_WRITES,  /* each write for itself */
    STYLE_SECTORS, /* each sector of each write for itself */
    STYLE_COUNT,
};

struct making {
    struct cut_image *image;
    uint64_t draw;
    uint64_t salt; /* for what is drawn by number instead of by turn */
    size_t sector;
    bool independent;     /* metadata: each for itself */
    uint64_t kept_before; /* else those numbered below */
    bool lost_stays;      /* what a sync failed for: drawn like the rest, else gone */
    bool garbage;
};

uint64_t cut_draw(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

uint64_t cut_draw_below(uint64_t *state, uint64_t below)
{
    return below ? cut_draw(state) % below : 0;
}

static bool chance(struct making *making, uint64_t percent)
{
    return cut_draw_below(&making->draw, 100) < percent;
}

/* --- metadata -------------------------------------------------------------------------------- */

static bool metadata_kept(const struct making *making, uint64_t number)
{
    uint64_t draw = making->salt ^ number * 0xff51afd7ed558ccd;

    return making->independent ? cut_draw(&draw) & 1 : number < making->kept_before;
}

static int number_compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

static size_t metadata_collect(const struct cut_disk *disk, uint64_t *numbers)
{
    size_t count = 0;

    for (size_t i = 0; i < disk->n_renamings; i++)
        numbers[count++] = disk->renamings[i].number;
    for (size_t i = 0; i < disk->n_objects; i++)
        for (size_t j = 0; j < disk->objects[i].n_changes; j++)
            if (disk->objects[i].changes[j].resizes)
                numbers[count++] = disk->objects[i].changes[j].number;
    return count;
}

/* Where the journal ends: the ends of the choice more often than the middle. */
static uint64_t journal_end(struct making *making, const struct cut_disk *disk)
{
    size_t most = disk->n_renamings;
    size_t capacity = 0;
    uint64_t *numbers;
    uint64_t end = UINT64_MAX;
    size_t count;

    for (size_t i = 0; i < disk->n_objects; i++)
        most += disk->objects[i].n_changes;
    numbers = cut_grow(NULL, &capacity, most + 1, sizeof(*numbers));
    count = metadata_collect(disk, numbers);
    qsort(numbers, count, sizeof(*numbers), number_compare);
    if (chance(making, 25))
        end = 0;
    else if (!chance(making, 33) && count > 0)
        end = numbers[cut_draw_below(&making->draw, count)];
    free(numbers);
    return end;
}

/* --- bytes ----------------------------------------------------------------------------------- */

/* Which changes are on the disk, sector by sector: the newest that reached each. */
static void versions_choose(struct making *making, const struct cut_object *object,
                            uint32_t *versions)
{
    enum style style = (enum style)cut_draw_below(&making->draw, STYLE_COUNT);
    uint64_t prefix = cut_draw_below(&making->draw, object->n_changes + 1);
    uint64_t percent = 10 + 10 * cut_draw_below(&making->draw, 9);

    for (size_t i = 0; i < object->n_changes; i++) {
        const struct cut_change *change = &object->changes[i];
        bool settled = change->state == CUT_SETTLED;
        bool gone = change->state == CUT_LOST && !making->lost_stays;
        bool whole = style == STYLE_ALL || (style == STYLE_PREFIX && i < prefix) ||
                     (style == STYLE_WRITES && chance(making, percent));
        bool torn = style == STYLE_SECTORS || (style == STYLE_PREFIX && i == prefix);

        if (change->size == 0 || (gone && !settled))
            continue;
        for (size_t sector = (size_t)change->offset / making->sector;
             sector * making->sector < (size_t)change->offset + change->size; sector++)
            if (settled || whole || (torn && chance(making, percent)))
                versions[sector] = (uint32_t)i + 1;
    }
}

/* A sector holds all that was written to it up to its newest change, for it comes whole from
 * memory. */
static void change_put(const struct making *making, const struct cut_change *change, uint32_t index,
                       const uint32_t *versions, char *bytes)
{
    size_t offset = (size_t)change->offset;
    size_t end = offset + change->size;

    while (offset < end) {
        size_t sector = offset / making->sector;
        size_t next = (sector + 1) * making->sector;

        next = next < end ? next : end;
        if (index < versions[sector])
            memcpy(bytes + offset, change->data + (offset - (size_t)change->offset), next - offset);
        offset = next;
    }
}

static bool resizing_kept(const struct making *making, const struct cut_change *change)
{
    if (!change->resizes)
        return false;
    if (change->state == CUT_SETTLED)
        return true;
    if (change->state == CUT_LOST && !making->lost_stays)
        return false;
    return metadata_kept(making, change->number);
}

/* Always the same, so that images that differ in nothing else are found to be equal. */
static void garbage_fill(char *bytes, size_t size)
{
    uint64_t draw = size;

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)cut_draw(&draw);
}

static void file_make(struct making *making, const struct cut_object *object,
                      struct cut_image_file *file)
{
    struct cut_image *image = making->image;
    size_t most = object->size;
    size_t n_sectors;

    for (size_t i = 0; i < object->n_changes; i++) {
        size_t end = (size_t)object->changes[i].offset + object->changes[i].size;

        most = end > most ? end : most;
    }
    file->bytes = cut_grow(file->bytes, &file->capacity, most + 1, 1);
    file->size = object->size;
    if (object->size > 0)
        memcpy(file->bytes, object->bytes, object->size);
    memset(file->bytes + object->size, 0, most - object->size);
    if (object->n_changes == 0)
        return;
    if (making->garbage)
        garbage_fill(file->bytes + object->size, most - object->size);
    n_sectors = most / making->sector + 1;
    image->versions =
        cut_grow(image->versions, &image->versions_capacity, n_sectors, sizeof(*image->versions));
    memset(image->versions, 0, n_sectors * sizeof(*image->versions));
    versions_choose(making, object, image->versions);
    for (size_t i = 0; i < object->n_changes; i++) {
        const struct cut_change *change = &object->changes[i];
        size_t end = (size_t)change->offset + change->size;

        change_put(making, change, (uint32_t)i, image->versions, file->bytes);
        if (!resizing_kept(making, change))
            continue;
        if (change->kind == CUT_TRUNCATE)
            memset(file->bytes + end, 0, most - end);
        if (change->kind == CUT_TRUNCATE || end > file->size)
            file->size = end;
    }
}

enum { SCRATCH_BYTES = 32768 };

static void scratch_make(struct making *making, struct cut_image_file *file)
{
    file->size = chance(making, 50) ? SCRATCH_BYTES : 0;
    file->bytes = cut_grow(file->bytes, &file->capacity, SCRATCH_BYTES, 1);
    garbage_fill(file->bytes, file->size);
}

/* --- the whole ------------------------------------------------------------------------------- */

static void names_make(const struct making *making, const struct cut_disk *disk)
{
    struct cut_image *image = making->image;

    cut_names_copy(&image->names, &disk->names);
    for (size_t i = 0; i < disk->n_renamings; i++)
        if (metadata_kept(making, disk->renamings[i].number))
            cut_names_apply(&image->names, &disk->renamings[i]);
}

void cut_image_make(const struct cut_disk *disk, uint64_t seed, struct cut_image *image)
{
    struct making making = {.image = image, .draw = seed};

    making.salt = cut_draw(&making.draw);
    making.sector = chance(&making, 50) ? 512 : 4096;
    making.independent = chance(&making, 25);
    making.lost_stays = chance(&making, 33);
    making.garbage = chance(&making, 15);
    making.kept_before = journal_end(&making, disk);
    snprintf(image->words, sizeof(image->words), "sectors of %zu, metadata %s%s%s", making.sector,
             making.independent ? "each for itself" : "in order",
             making.lost_stays ? ", failed syncs not in vain" : "",
             making.garbage ? ", garbage where nothing came" : "");
    names_make(&making, disk);
    for (size_t i = image->n_files; i < disk->n_objects; i++) {
        image->files = cut_grow(image->files, &image->files_capacity, i + 1, sizeof(*image->files));
        image->files[image->n_files++] = (struct cut_image_file){.bytes = NULL};
    }
    /* What has no name is nowhere. */
    for (size_t i = 0; i < image->n_files; i++)
        image->files[i].named = false;
    for (size_t i = 0; i < image->names.n_names; i++)
        if (image->names.names[i].object >= 0)
            image->files[image->names.names[i].object].named = true;
    for (size_t i = 0; i < disk->n_objects; i++) {
        if (!image->files[i].named)
            image->files[i].size = 0;
        else if (disk->objects[i].scratch)
            scratch_make(&making, &image->files[i]);
        else
            file_make(&making, &disk->objects[i], &image->files[i]);
    }
}

/* Four lanes, so that one word need not wait for the one before. */
static uint64_t bytes_digest(uint64_t digest, const char *bytes, size_t size)
{
    uint64_t lanes[4] = {digest, size, 2, 3};
    uint64_t words[4];

    for (; size >= sizeof(words); bytes += sizeof(words), size -= sizeof(words)) {
        memcpy(words, bytes, sizeof(words));
        for (int i = 0; i < 4; i++) {
            lanes[i] = (lanes[i] ^ words[i]) * 0x9fb21c651e98df25;
            lanes[i] ^= lanes[i] >> 32;
        }
    }
    memset(words, 0, sizeof(words));
    memcpy(words, bytes, size);
    for (int i = 0; i < 4; i++) {
        lanes[i] ^= words[i];
        digest = cut_draw(&lanes[i]) ^ digest * 31;
    }
    return digest;
}

static uint64_t name_digest(const struct cut_image *image, const struct cut_name *name)
{
    uint64_t digest = bytes_digest(1, name->name, strlen(name->name));

    if (name->object >= 0 && image->files[name->object].size > 0)
        digest =
            bytes_digest(digest, image->files[name->object].bytes, image->files[name->object].size);
    return digest;
}

/* Names stand in any order: each counts by itself. */
uint64_t cut_image_digest(const struct cut_image *image)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < image->names.n_names; i++) {
        uint64_t digest = name_digest(image, &image->names.names[i]);

        sum += cut_draw(&digest);
    }
    return sum;
}

uint64_t cut_image_file_digest(const struct cut_image *image, const char *name)
{
    for (size_t i = 0; i < image->names.n_names; i++)
        if (strcmp(image->names.names[i].name, name) == 0)
            return name_digest(image, &image->names.names[i]);
    return 0;
}

void cut_image_clear(struct cut_image *image)
{
    for (size_t i = 0; i < image->n_files; i++)
        free(image->files[i].bytes);
    free(image->files);
    free(image->versions);
    cut_names_clear(&image->names);
    free(image->names.names);
    *image = (struct cut_image){.n_files = 0};
}
