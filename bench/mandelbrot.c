/* The Mandelbrot set by escape time, 2048 by 2048 cells at 1000 steps: the same
   arithmetic as pkg/models/quadratic, for bench/mandelbrot.sh. Prints the number
   of cells that did not escape and the best time of the runs in seconds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { columns = 2048, rows = 2048, limit = 1000 };

static int escape_time(double cre, double cim) {
	double x = 0, y = 0;
	for (int n = 0; n < limit; n++) {
		double xx = x * x, yy = y * y;
		if (xx + yy > 4)
			return n;
		y = (x + x) * y + cim;
		x = xx - yy + cre;
	}
	return limit;
}

int main(int argc, char **argv) {
	int runs = argc > 1 ? atoi(argv[1]) : 1;
	double *times = malloc(sizeof(double) * columns * rows), best = 1e9;
	long inside = 0;
	for (int run = 0; run < runs; run++) {
		struct timespec a, b;
		clock_gettime(CLOCK_MONOTONIC, &a);
		inside = 0;
		for (int j = 0; j < rows; j++) {
			double y = 2.6 * ((j + 0.5) / rows - 0.5);
			for (int i = 0; i < columns; i++) {
				double x = -0.75 + 2.9 * ((i + 0.5) / columns - 0.5);
				int n = escape_time(x, y);
				inside += n == limit;
				times[j * columns + i] = n;
			}
		}
		clock_gettime(CLOCK_MONOTONIC, &b);
		double s = (b.tv_sec - a.tv_sec) + 1e-9 * (b.tv_nsec - a.tv_nsec);
		if (s < best)
			best = s;
	}
	printf("%ld %.3f\n", inside, best);
	return times[columns * rows / 2] < 0;
}
