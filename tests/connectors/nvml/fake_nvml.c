/* A driver's library with two devices, for tests: the functions of NVML that we call, with documented signatures.
 * Device 0 is whole, 60 % busy, 700 W, with GPM counters and one process; device 1 is cut into two MIG slices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OK = 0, INVALID = 2, UNSUPPORTED = 3, NOT_FOUND = 6, SMALL = 7, LOST = 15 };

typedef struct { int index; int slice; } device;
static device whole[2] = {{0, -1}, {1, -1}};
static device cut[2] = {{1, 0}, {1, 1}};

typedef struct { unsigned gpu, memory; } utilization;
typedef struct { unsigned long long total, free, used; } memory;
typedef struct { unsigned long long reference, violation; } violation;
typedef struct { unsigned pid; unsigned long long used; unsigned gi, ci; } process;
typedef struct { unsigned sm, ce, dec, enc, jpeg, ofa, gslices, cslices; unsigned long long mb; } attributes;
typedef struct { unsigned version, supported; } support;
typedef struct { char *shortName, *longName, *unit; } info;
typedef struct { unsigned id; int result; double value; info meta; } metric;
typedef struct { unsigned version, count; void *first, *second; metric metrics[1]; } metrics;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int nvmlInitWithFlags(unsigned flags) { (void)flags; return getenv("FAKE_NVML_BROKEN") ? 9 : OK; }
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) { return OK; }
const char *nvmlErrorString(int code) { return code == 9 ? "Driver Not Loaded" : "Some Error"; }
int nvmlDeviceGetCount_v2(unsigned *n) {
    const char *lost = getenv("FAKE_NVML_LOST");
    if (lost && now() > atof(lost)) return LOST;
    *n = 2;
    return OK;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned i, device **d) { *d = &whole[i]; return OK; }
int nvmlDeviceGetUUID(device *d, char *text, unsigned size) { snprintf(text, size, "GPU-%d", d->index); return OK; }
int nvmlDeviceGetName(device *d, char *text, unsigned size) { (void)d; snprintf(text, size, "NVIDIA H100"); return OK; }
int nvmlDeviceGetMigMode(device *d, unsigned *current, unsigned *pending) {
    if (d->index == 0) return UNSUPPORTED;
    *current = *pending = 1;
    return OK;
}
int nvmlDeviceGetMaxMigDeviceCount(device *d, unsigned *n) { (void)d; *n = 7; return OK; }
int nvmlDeviceGetMigDeviceHandleByIndex(device *d, unsigned i, device **mig) {
    (void)d;
    if (i > 1) return NOT_FOUND;
    *mig = &cut[i];
    return OK;
}
int nvmlDeviceGetAttributes_v2(device *d, attributes *a) {
    memset(a, 0, sizeof *a);
    a->gslices = a->cslices = d->slice ? 1 : 3;
    a->mb = d->slice ? 9856 : 40448;
    return OK;
}
int nvmlDeviceGetGpuInstanceId(device *d, unsigned *id) { *id = d->slice ? 9 : 2; return OK; }
int nvmlDeviceGetUtilizationRates(device *d, utilization *u) {
    if (d->index == 1) return UNSUPPORTED;
    u->gpu = 60;
    u->memory = 10;
    return OK;
}
int nvmlDeviceGetMemoryInfo(device *d, memory *m) {
    m->total = d->slice < 0 ? 80000 : 10000;
    m->used = d->slice < 0 ? 20000 : 1000;
    m->free = m->total - m->used;
    return OK;
}
int nvmlDeviceGetPowerUsage(device *d, unsigned *mw) { (void)d; *mw = 700000; return OK; }
int nvmlDeviceGetTotalEnergyConsumption(device *d, unsigned long long *mj) {
    (void)d;
    *mj = (unsigned long long)(now() * 700 * 1000);
    return OK;
}
int nvmlDeviceGetClockInfo(device *d, int type, unsigned *mhz) { (void)d; (void)type; *mhz = 1980; return OK; }
int nvmlDeviceGetViolationStatus(device *d, int policy, violation *v) {
    if (d->index == 1) return UNSUPPORTED;
    v->reference = 0;
    v->violation = policy == 0 ? (unsigned long long)(now() * 5e8) : 0;
    return OK;
}
int nvmlDeviceGetComputeRunningProcesses_v3(device *d, unsigned *n, process *p) {
    const char *pid = getenv("FAKE_NVML_PID");
    if (d->index != 0 || !pid) { *n = 0; return OK; }
    if (!p || *n < 1) { *n = 1; return SMALL; }
    *n = 1;
    memset(p, 0, sizeof *p);
    p->pid = (unsigned)atoi(pid);
    p->used = 1;
    return OK;
}
int nvmlGpmQueryDeviceSupport(device *d, support *s) { (void)d; s->supported = 1; return OK; }
int nvmlGpmSampleAlloc(void **sample) { *sample = malloc(8); return OK; }
int nvmlGpmSampleFree(void *sample) { free(sample); return OK; }
int nvmlGpmSampleGet(device *d, void *sample) { (void)d; (void)sample; return OK; }
int nvmlGpmMigSampleGet(device *d, unsigned instance, void *sample) { (void)d; (void)instance; (void)sample; return OK; }
int nvmlGpmMetricsGet(metrics *m) {
    for (unsigned i = 0; i < m->count; i++) {
        m->metrics[i].result = i == 3 ? UNSUPPORTED : OK;
        m->metrics[i].value = 10.0 * (i + 1);
    }
    return OK;
}
