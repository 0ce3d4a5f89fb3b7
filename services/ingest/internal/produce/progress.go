package produce

import (
	"fmt"
	"strings"
)

const barWidth = 30

// progress shows how far it is, in the place of what was shown before.
func (j *Job) progress() {
	sent := j.sent.Load()
	text := fmt.Sprintf("%d sent, %d refused, %d failed", sent, j.refused, j.failed.Load())
	if elapsed := j.Now().Sub(j.Start).Seconds(); elapsed > 0 {
		text += fmt.Sprintf(", %.0f/s", float64(sent)/elapsed)
	}
	j.telling.Lock()
	defer j.telling.Unlock()
	fmt.Fprint(j.Tell, j.lineStart(), j.bar(), text)
}

func (j *Job) bar() string {
	if j.Size == 0 {
		return ""
	}
	done := min(1, float64(j.read)/float64(j.Size))
	filled := int(done * barWidth)
	return fmt.Sprintf("[%s%s] %3.0f %%  ", strings.Repeat("=", filled), strings.Repeat(" ", barWidth-filled), done*100)
}

// lineStart clears the line on a terminal.
func (j *Job) lineStart() string {
	if !j.Live {
		return ""
	}
	return "\r\033[K"
}
