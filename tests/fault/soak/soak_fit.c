#include "soak_fit.h"

#include <math.h>

struct soak_fit soak_fit(const double *x, const double *y, long points)
{
    struct soak_fit fit = {.points = points};
    double mean_x = 0, xx = 0, xy = 0, left = 0;

    for (long i = 0; i < points; i++) {
        mean_x += x[i] / (double)points;
        fit.mean += y[i] / (double)points;
    }
    for (long i = 0; i < points; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - fit.mean);
    }
    if (xx <= 0)
        return fit;
    fit.slope = xy / xx;
    fit.growth = fit.slope * (x[points - 1] - x[0]);
    for (long i = 0; i < points; i++)
        left += pow(y[i] - fit.mean - fit.slope * (x[i] - mean_x), 2);
    fit.deviation = points > 2 ? sqrt(left / (double)(points - 2)) : 0;
    return fit;
}
