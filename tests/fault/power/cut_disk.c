#include "cut_disk.h"

#include <stdlib.h>
#include <string.h>

struct cut_disk *cut_disk_new(const struct cut_trace *trace)
{
    size_t capacity = 0;
    struct cut_disk *disk = cut_grow(NULL, &capacity, 1, sizeof(*disk));

    *disk = (struct cut_disk){.trace = trace};
    return disk;
}

void cut_disk_free(struct cut_disk *disk)
{
    if (!disk)
        return;
    for (size_t i = 0; i < disk->n_objects; i++) {
        free(disk->objects[i].bytes);
        free(disk->objects[i].changes);
    }
    free(disk->objects);
    cut_names_clear(&disk->names);
    free(disk->names.names);
    free(disk->renamings);
    free(disk);
}

/* The newest: an inode serves again once its file is gone. */
static int object_find(const struct cut_disk *disk, uint64_t file)
{
    for (size_t i = disk->n_objects; i > 0; i--)
        if (disk->objects[i - 1].file == file)
            return (int)(i - 1);
    return CUT_NO_OBJECT;
}

static int object_add(struct cut_disk *disk, uint64_t file)
{
    disk->objects = cut_grow(disk->objects, &disk->objects_capacity, disk->n_objects + 1,
                             sizeof(*disk->objects));
    disk->objects[disk->n_objects] = (struct cut_object){.file = file};
    return (int)disk->n_objects++;
}

/* --- what becomes durable -------------------------------------------------------------------- */

static void object_resize(struct cut_object *object, size_t size)
{
    object->bytes = cut_grow(object->bytes, &object->capacity, size, 1);
    if (size > object->size)
        memset(object->bytes + object->size, 0, size - object->size);
    object->size = size;
}

static void change_apply(struct cut_object *object, const struct cut_change *change)
{
    size_t end = (size_t)change->offset + change->size;

    if (change->kind == CUT_TRUNCATE || end > object->size)
        object_resize(object, end);
    if (change->size > 0)
        memcpy(object->bytes + change->offset, change->data, change->size);
}

/* Those numbered below `before` are durable now. Behind one that is lost they wait in their place:
 * where both touch a byte, the order counts. */
static void object_settle(struct cut_object *object, uint64_t before)
{
    size_t applied = 0;

    while (applied < object->n_changes && object->changes[applied].number < before &&
           object->changes[applied].state != CUT_LOST)
        change_apply(object, &object->changes[applied++]);
    for (size_t i = applied; i < object->n_changes; i++)
        if (object->changes[i].number < before && object->changes[i].state == CUT_PENDING)
            object->changes[i].state = CUT_SETTLED;
    if (applied == 0)
        return;
    object->n_changes -= applied;
    memmove(object->changes, object->changes + applied,
            object->n_changes * sizeof(*object->changes));
}

static void object_lose(struct cut_object *object, uint64_t before)
{
    for (size_t i = 0; i < object->n_changes; i++)
        if (object->changes[i].number < before && object->changes[i].state == CUT_PENDING)
            object->changes[i].state = CUT_LOST;
}

/* Whether the name stands in the folder itself. */
static bool stands_in(const char *name, const char *folder)
{
    const char *slash = strrchr(name, '/');
    size_t size = slash ? (size_t)(slash - name) : 0;

    return strlen(folder) == size && strncmp(name, folder, size) == 0;
}

/* Of a name that went from one folder to another, it is the sync of the new one that counts. */
static void names_settle(struct cut_disk *disk, const char *folder, uint64_t before)
{
    size_t left = 0;

    for (size_t i = 0; i < disk->n_renamings; i++) {
        struct cut_renaming *renaming = &disk->renamings[i];
        const char *name = renaming->second[0] ? renaming->second : renaming->name;

        if (renaming->number < before && (!folder || stands_in(name, folder)))
            cut_names_apply(&disk->names, renaming);
        else
            disk->renamings[left++] = *renaming;
    }
    disk->n_renamings = left;
}

/* --- following ------------------------------------------------------------------------------- */

static void follow_sync(struct cut_disk *disk, const struct cut_record *record)
{
    uint64_t before = (uint64_t)record->offset;
    int object;

    if (record->flags & CUT_SYNCS_ALL) {
        if (record->result != 0)
            return;
        for (size_t i = 0; i < disk->n_objects; i++)
            object_settle(&disk->objects[i], before);
        names_settle(disk, NULL, before);
        return;
    }
    if (record->flags & CUT_IS_FOLDER) {
        if (record->result == 0 && !disk->forget_folder_syncs)
            names_settle(disk, record->name_size ? cut_record_name(record) : "", before);
        return;
    }
    object = object_find(disk, record->file);
    if (object == CUT_NO_OBJECT)
        return;
    if (record->result == 0)
        object_settle(&disk->objects[object], before);
    else
        object_lose(&disk->objects[object], before);
}

static void follow_change(struct cut_disk *disk, const struct cut_record *record)
{
    int found = object_find(disk, record->file);
    struct cut_object *object;
    struct cut_change change = {.number = record->number,
                                .kind = (enum cut_kind)record->kind,
                                .offset = record->offset,
                                .size = record->data_size,
                                .data = cut_record_data(record)};
    int64_t end = record->offset + (int64_t)record->data_size;

    if (found == CUT_NO_OBJECT)
        return;
    object = &disk->objects[found];
    change.resizes = change.kind == CUT_TRUNCATE || end > object->cached_size;
    if (change.kind == CUT_GROW && !change.resizes)
        return;
    if (change.resizes)
        object->cached_size = end;
    object->changes =
        cut_grow(object->changes, &object->changes_capacity, object->n_changes + 1, sizeof(change));
    object->changes[object->n_changes++] = change;
}

static void follow_name(struct cut_disk *disk, const struct cut_record *record)
{
    struct cut_renaming renaming = {.number = record->number,
                                    .kind = (enum cut_kind)record->kind,
                                    .name = cut_record_name(record),
                                    .second = record->second_size ? cut_record_second(record) : ""};

    if (renaming.kind == CUT_CREATE) {
        renaming.object = object_add(disk, record->file);
        disk->objects[renaming.object].scratch = record->flags & CUT_IS_SCRATCH;
    } else {
        renaming.object = object_find(disk, record->file);
    }
    if (renaming.object == CUT_NO_OBJECT)
        renaming.object = CUT_FOLDER_OBJECT;
    disk->renamings = cut_grow(disk->renamings, &disk->renamings_capacity, disk->n_renamings + 1,
                               sizeof(renaming));
    disk->renamings[disk->n_renamings++] = renaming;
}

static void follow_base(struct cut_disk *disk, const struct cut_record *record)
{
    struct cut_renaming name = {
        .kind = CUT_CREATE, .name = cut_record_name(record), .object = CUT_FOLDER_OBJECT};

    if (record->kind == CUT_BASE_FILE) {
        struct cut_object *object;

        name.object = object_add(disk, record->file);
        object = &disk->objects[name.object];
        object_resize(object, record->data_size);
        if (record->data_size > 0)
            memcpy(object->bytes, cut_record_data(record), record->data_size);
        object->cached_size = (int64_t)record->data_size;
    }
    cut_names_apply(&disk->names, &name);
}

static void follow_power(struct cut_disk *disk)
{
    cut_names_clear(&disk->names);
    disk->n_renamings = 0;
    for (size_t i = 0; i < disk->n_objects; i++) {
        disk->objects[i].file = 0;
        disk->objects[i].n_changes = 0;
    }
}

static void follow(struct cut_disk *disk, const struct cut_record *record)
{
    switch ((enum cut_kind)record->kind) {
    case CUT_BASE_FOLDER:
    case CUT_BASE_FILE:
        follow_base(disk, record);
        break;
    case CUT_WRITE:
    case CUT_TRUNCATE:
    case CUT_GROW:
        follow_change(disk, record);
        break;
    case CUT_CREATE:
    case CUT_RENAME:
    case CUT_LINK:
    case CUT_UNLINK:
    case CUT_MAKE_FOLDER:
    case CUT_REMOVE_FOLDER:
        follow_name(disk, record);
        break;
    case CUT_SYNC_END:
        follow_sync(disk, record);
        break;
    case CUT_POWER:
        follow_power(disk);
        break;
    case CUT_START:
    case CUT_SYNC_BEGIN:
    case CUT_MARK:
    case CUT_SEND:
    case CUT_UNFOLLOWED:
        break;
    }
}

void cut_disk_follow(struct cut_disk *disk, uint64_t number)
{
    const struct cut_record *next;

    while ((next = cut_trace_next(disk->trace, disk->last)) && next->number <= number) {
        follow(disk, next);
        disk->last = next;
    }
}
