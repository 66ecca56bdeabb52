// Moves a program's wall clock, and no other, by as many seconds as the file WALL_CLOCK_FILE says: what takes ten minutes
// by that clock need not take a test so long. For LD_PRELOAD.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec* now) {
  const long result = syscall(SYS_clock_gettime, clock, now);
  const char* name = getenv("WALL_CLOCK_FILE");
  FILE* file = clock == CLOCK_REALTIME && result == 0 && name != NULL ? fopen(name, "r") : NULL;
  if (file != NULL) {
    long seconds = 0;
    if (fscanf(file, "%ld", &seconds) == 1) {
      now->tv_sec += seconds;
    }
    fclose(file);
  }
  return (int)result;
}
