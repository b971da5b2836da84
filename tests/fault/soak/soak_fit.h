/*
 * soak_fit: the straight line that lies closest to measured points (least squares).
 */
#pragma once

struct soak_fit {
    long points;
    double slope;     /* 0 of fewer than two points */
    double growth;    /* of the line, from the first x to the last */
    double deviation; /* of the points from the line */
    double mean;
};

/* x rises. */
struct soak_fit soak_fit(const double *x, const double *y, long points);
