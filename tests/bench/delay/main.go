// A TCP proxy that delays everything by the same time each way, as distance does, and counts HTTP requests.
//
// It prints the address that it listens on; then each line on its standard input is answered by the requests so far, as
// JSON by method, and the count begins anew. It ends with its standard input.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"sync"
	"time"
)

// What is on its way: bytes, and when they arrive.
type parcel struct {
	content []byte
	due     time.Time
}

const (
	pieceSize = 128 << 10
	inFlight  = 256 // pieces on their way in one direction: 32 MiB, far more than 10 ms of any network holds
)

var (
	methods = []string{"GET", "PUT", "POST", "HEAD", "DELETE"}
	lock    sync.Mutex
	counts  = map[string]int{}
	pieces  = sync.Pool{New: func() any { return make([]byte, pieceSize) }}
)

// A client waits for the answer before it sends the next head, so a head always begins what is read.
func count(content []byte) {
	for _, method := range methods {
		if bytes.HasPrefix(content, []byte(method+" ")) {
			lock.Lock()
			counts[method]++
			lock.Unlock()
			return
		}
	}
}

// Carries bytes one way: each piece arrives `delay` after it was read, and none before `open`.
func carry(from, to *net.TCPConn, delay time.Duration, open time.Time, see func([]byte)) {
	onTheWay := make(chan parcel, inFlight)
	go func() {
		defer close(onTheWay)
		for {
			piece := pieces.Get().([]byte)
			n, err := from.Read(piece)
			if n > 0 {
				see(piece[:n])
				due := time.Now().Add(delay)
				if due.Before(open) {
					due = open
				}
				onTheWay <- parcel{piece[:n], due}
			}
			if err != nil {
				return
			}
		}
	}()
	for one := range onTheWay {
		time.Sleep(time.Until(one.due))
		_, err := to.Write(one.content)
		pieces.Put(one.content[:pieceSize])
		if err != nil {
			from.CloseRead()
		}
	}
	to.CloseWrite()
}

func serve(client *net.TCPConn, to string, delay time.Duration) {
	defer client.Close()
	made, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	server := made.(*net.TCPConn)
	defer server.Close()
	// On a network of this length `connect` itself would have taken there and back, before the first byte's own way.
	open := time.Now().Add(3 * delay)
	back := make(chan struct{})
	go func() {
		carry(server, client, delay, time.Time{}, func([]byte) {})
		close(back)
	}()
	carry(client, server, delay, open, count)
	<-back
}

func answer() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		lock.Lock()
		said, _ := json.Marshal(counts)
		counts = map[string]int{}
		lock.Unlock()
		fmt.Println(string(said))
	}
	os.Exit(0)
}

func main() {
	to := flag.String("to", "", "where to connect to: host:port")
	delay := flag.Duration("delay", 0, "delay each way")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	go answer()
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(client.(*net.TCPConn), *to, *delay)
	}
}
