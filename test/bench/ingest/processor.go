package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// process is what Linux says of a process.
type process struct {
	parent int
	cpu    time.Duration // that it has used, with its children that have ended
}

// processOf gives the zero value for a process that is gone.
func processOf(pid int) process {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}
	}
	const parent, times, tick = 1, 11, 10 * time.Millisecond // counted from behind the name
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var p process
	p.parent, _ = strconv.Atoi(fields[parent])
	for _, field := range fields[times : times+4] { // user, system, and of children
		ticks, _ := strconv.Atoi(field)
		p.cpu += time.Duration(ticks) * tick
	}
	return p
}

// postgresCPU is the processor time of the server: of the process that all others of it are children of, and of those.
func (in *installation) postgresCPU(ctx context.Context) (time.Duration, error) {
	var backend int
	if err := in.admin.QueryRow(ctx, `SELECT pg_backend_pid()`).Scan(&backend); err != nil {
		return 0, err
	}
	server := processOf(backend).parent
	sum := processOf(server).cpu
	entries, err := os.ReadDir("/proc")
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			if p := processOf(pid); p.parent == server {
				sum += p.cpu
			}
		}
	}
	return sum, err
}
