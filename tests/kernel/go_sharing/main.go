// A Go program in which two goroutines count side by side, and the addresses of what they count.
//
//	go_sharing shared    both counters stand on one cache line
//	go_sharing apart     the fixed twin: two lines of padding stand between them
//	go_sharing moving    goroutines that move between threads all the time, and share nothing
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
	"unsafe"
)

type Adjacent struct {
	left  int64
	right int64
}

type Padded struct {
	left  int64
	_     [128]byte
	right int64
}

const stepsBeforeALook = 1000

var (
	stop    atomic.Bool
	workers sync.WaitGroup
)

//go:noinline
func countLeft(left *int64) {
	for i := 0; i < stepsBeforeALook; i++ {
		*left += 1 // @left
	}
}

//go:noinline
func countRight(right *int64) {
	for i := 0; i < stepsBeforeALook; i++ {
		*right += 3 // @right
	}
}

// Sums on its own stack, which goes where the goroutine goes.
//
//go:noinline
func sumOnStack(depth int) (sum int64) {
	var numbers [64]int64
	for i := range numbers {
		numbers[i] += int64(i * depth)
	}
	for i := range numbers {
		sum += numbers[(i*7)%len(numbers)]
	}
	if depth > 0 {
		sum += sumOnStack(depth - 1)
	}
	return sum
}

func start(isPinned bool, work func()) {
	workers.Add(1)
	go func() {
		defer workers.Done()
		if isPinned {
			runtime.LockOSThread()
		}
		for !stop.Load() {
			work()
		}
	}()
}

func startCounting(left, right *int64) {
	fmt.Println("left", uintptr(unsafe.Pointer(left)))
	fmt.Println("right", uintptr(unsafe.Pointer(right)))
	start(true, func() { countLeft(left) })
	start(true, func() { countRight(right) })
}

func main() {
	runtime.GOMAXPROCS(4)
	switch os.Args[1] {
	case "shared":
		both := new(Adjacent)
		startCounting(&both.left, &both.right)
	case "apart":
		both := new(Padded)
		startCounting(&both.left, &both.right)
	case "moving":
		for i := 0; i < 4; i++ {
			start(false, func() {
				for j := 0; j < 20; j++ {
					sumOnStack(5)
				}
				runtime.Gosched()
			})
		}
	}
	fmt.Println("ready 1")
	io.ReadAll(os.Stdin)
	stop.Store(true)
	workers.Wait()
}
