package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// footprint is what is there at a moment.
type footprint struct {
	tables map[string]int64 // bytes with indexes, by table; partitions count for theirs
	wal    int64
	cpu    time.Duration // of the service
}

const selectSizes = `
SELECT coalesce(parent.relname, c.relname), sum(pg_total_relation_size(c.oid))::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class parent ON parent.oid = i.inhparent
WHERE n.nspname = 'grouping' AND c.relkind = 'r' GROUP BY 1`

func (s *service) footprint(ctx context.Context) (footprint, error) {
	f := footprint{tables: map[string]int64{}}
	rows, err := s.admin.Query(ctx, selectSizes)
	if err != nil {
		return f, err
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		var size int64
		if err := rows.Scan(&table, &size); err != nil {
			return f, err
		}
		f.tables[table] = size
	}
	if err := rows.Err(); err != nil {
		return f, err
	}
	if err := s.admin.QueryRow(ctx, `SELECT (pg_current_wal_lsn() - '0/0')::bigint`).Scan(&f.wal); err != nil {
		return f, err
	}
	f.cpu, err = processorTime(s.cmd.Process.Pid)
	return f, err
}

// processorTime is what a process has used.
func processorTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	const userTime, systemTime, tick = 11, 12, 10 * time.Millisecond // counted from behind the name
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, err := strconv.Atoi(fields[userTime])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[systemTime])
	return time.Duration(user+system) * tick, err
}

func (f footprint) minus(before footprint) footprint {
	difference := footprint{tables: map[string]int64{}, wal: f.wal - before.wal, cpu: f.cpu - before.cpu}
	for table, size := range f.tables {
		difference.tables[table] = size - before.tables[table]
	}
	return difference
}

func (f footprint) print(items float64) {
	var sum int64
	var parts []string
	order := slices.SortedFunc(maps.Keys(f.tables), func(a, b string) int { return int(f.tables[b] - f.tables[a]) })
	for _, table := range order {
		sum += f.tables[table]
		if each := float64(f.tables[table]) / items; each >= 1 {
			parts = append(parts, fmt.Sprintf("%s %.0f", table, each))
		}
	}
	fmt.Printf("on disk         %8.0f B an item: %s\n", float64(sum)/items, strings.Join(parts, ", "))
	fmt.Printf("WAL             %8.0f B an item\n", float64(f.wal)/items)
	fmt.Printf("processor       %8.0f us an item, the service without PostgreSQL\n", float64(f.cpu.Microseconds())/items)
}
