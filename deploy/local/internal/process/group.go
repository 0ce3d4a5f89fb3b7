package process

import "sync"

// A Group holds processes in the order in which they were started: each may need those before it.
type Group struct {
	ended chan *Process

	mu       sync.Mutex
	members  []*Process
	stopping bool // what ends now was asked to
	killed   bool
}

// NewGroup makes an empty group.
func NewGroup() *Group { return &Group{ended: make(chan *Process, 1)} }

// Add takes a process over.
func (g *Group) Add(p *Process) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.members = append(g.members, p)
	if g.killed {
		p.kill()
	}
	go func() {
		<-p.Done()
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.stopping {
			return
		}
		select {
		case g.ended <- p:
		default: // the first is the one to report: the others may have died of it
		}
	}()
}

// Ended yields the first process that ended while nobody had asked it to.
func (g *Group) Ended() <-chan *Process { return g.ended }

// Stop ends the processes one after another, the last started first, and tells the name of each before its turn.
func (g *Group) Stop(turn func(name string)) {
	g.mu.Lock()
	g.stopping = true
	members := g.members
	g.mu.Unlock()
	for i := len(members) - 1; i >= 0; i-- {
		turn(members[i].Name())
		members[i].Stop()
	}
}

// Kill ends all of them at once, and what is added later too. A Stop that is under way returns soon after.
func (g *Group) Kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopping, g.killed = true, true
	for _, p := range g.members {
		p.kill()
	}
}
