// A Go program whose goroutines wait for locks, and a journal of how long.
//
//	go_locks shared    one slow goroutine and three fast ones use one Mutex; readers and a writer
//	                   use one RWMutex
//	go_locks apart     the fixed twin: each goroutine has locks of its own
//
// It runs until the end of its input.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

type Cache struct {
	name string
	mu   sync.Mutex
	hits int
}

type Table struct {
	rw   sync.RWMutex
	rows int
}

const (
	slowHold  = 2 * time.Millisecond
	writeHold = 3 * time.Millisecond
	fastPause = 100 * time.Microsecond
)

var (
	stop    atomic.Bool
	waited  atomic.Int64
	cache   Cache
	table   Table
	workers sync.WaitGroup
)

func workFor(length time.Duration) {
	for start := time.Now(); time.Since(start) < length; {
	}
}

func slowHolder(c *Cache) {
	c.mu.Lock()
	workFor(slowHold)
	c.hits++
	c.mu.Unlock()
	time.Sleep(fastPause)
}

func fastHolder(c *Cache) {
	start := time.Now()
	c.mu.Lock()
	waited.Add(int64(time.Since(start)))
	c.hits++
	c.mu.Unlock()
	time.Sleep(fastPause)
}

func writeTable(t *Table) {
	t.rw.Lock()
	workFor(writeHold)
	t.rows++
	t.rw.Unlock()
	time.Sleep(fastPause)
}

func readTable(t *Table) {
	t.rw.RLock()
	rows := t.rows
	t.rw.RUnlock()
	if rows >= 0 {
		time.Sleep(fastPause)
	}
}

func goroutineNumber() (number int) {
	text := make([]byte, 64)
	runtime.Stack(text, false)
	fmt.Sscanf(string(text), "goroutine %d ", &number)
	return number
}

func start(name string, use func()) {
	number := make(chan int)
	workers.Add(1)
	go func() {
		defer workers.Done()
		number <- goroutineNumber()
		for !stop.Load() {
			use()
		}
	}()
	fmt.Println(name, <-number)
}

func main() {
	isShared := len(os.Args) < 2 || os.Args[1] == "shared"
	runtime.GOMAXPROCS(4)
	pickCache := func() *Cache {
		if isShared {
			return &cache
		}
		return new(Cache)
	}
	pickTable := func() *Table {
		if isShared {
			return &table
		}
		return new(Table)
	}
	fmt.Println("cache", uintptr(unsafe.Pointer(&cache.mu)))
	fmt.Println("table", uintptr(unsafe.Pointer(&table.rw)))
	slow := pickCache()
	start("slow", func() { slowHolder(slow) })
	for i := 0; i < 3; i++ {
		own := pickCache()
		start("fast", func() { fastHolder(own) })
	}
	written := pickTable()
	start("writer", func() { writeTable(written) })
	for i := 0; i < 2; i++ {
		own := pickTable()
		start("reader", func() { readTable(own) })
	}
	fmt.Println("ready 1")
	io.ReadAll(os.Stdin)
	stop.Store(true)
	workers.Wait()
	fmt.Println("waited_ns", waited.Load())
}
