/*
 * cut_image: one disk that a power cut could leave.
 *
 * An image is made from a disk and a seed, and the same two always make the same image. Of what is
 * not durable it holds any part:
 *
 *   - bytes by sector, of 512 or of 4096 bytes: a sector is as some write left it, whatever the
 *     sectors beside it are, so writes are dropped, kept, reordered and torn;
 *   - names and sizes as a journal keeps them, those before some point and none behind it, or (the
 *     harsher way) each for itself;
 *   - where a file was made longer and the bytes did not come, zeros or garbage;
 *   - what a sync failed for is gone, or (now and then) is not;
 *   - scratch files are missing, empty or garbage.
 */
#pragma once

#include "cut_disk.h"

struct cut_image_file {
    char *bytes;
    size_t size;
    size_t capacity;
    bool named;
};

struct cut_image {
    struct cut_names names;
    struct cut_image_file *files; /* by object of the disk */
    size_t n_files;
    size_t files_capacity;
    uint32_t *versions; /* memory for one file's making */
    size_t versions_capacity;
    char words[128]; /* how it was made */
};

/* Fills an image, which is zeroed the first time and may be filled again. */
void cut_image_make(const struct cut_disk *disk, uint64_t seed, struct cut_image *image);
void cut_image_clear(struct cut_image *image);

/* The same for images that hold the same. */
uint64_t cut_image_digest(const struct cut_image *image);
/* The same of one of its files; 0 where there is none of the name. */
uint64_t cut_image_file_digest(const struct cut_image *image, const char *name);

/* Makes the folder hold the image and nothing else. 0 or -errno. */
int cut_image_write(const struct cut_image *image, const char *folder);

/* Numbers drawn from a seed: the same everywhere. */
uint64_t cut_draw(uint64_t *state);
uint64_t cut_draw_below(uint64_t *state, uint64_t below);
