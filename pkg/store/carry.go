package store

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/neurosweep/sweep/pkg/models"
)

// CarryClass is the class of the failures of links behind one that failed.
const CarryClass = "carry"

// The message of such a failure, before and behind the number of the trial that
// failed.
const (
	carryBefore = "trial "
	carryBehind = " failed, and the links of its chain behind it have no state to begin with"
)

// Broken is the failure of the links of a chain behind a trial that failed.
func Broken(trial int64) *models.Failure {
	return &models.Failure{Class: CarryClass, Message: fmt.Sprint(carryBefore, trial, carryBehind)}
}

// brokenBy is the trial that such a message names.
func brokenBy(message string) (trial int64, ok bool) {
	text, before := strings.CutPrefix(message, carryBefore)
	text, behind := strings.CutSuffix(text, carryBehind)
	trial, err := strconv.ParseInt(text, 10, 64)
	return trial, before && behind && err == nil
}
