"""The NVIDIA accelerators of this machine, through the driver's management library (NVML)."""
