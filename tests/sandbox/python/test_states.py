"""Which state is given up when memory is short."""

import random
import socket
import unittest

from supervisor.states import Phase, State, choose_victim
from supervisor.wire import RunRequest


class EvictionTest(unittest.TestCase):
    """Choosing a victim."""

    def setUp(self) -> None:
        """Make a channel that all states share; none is used."""
        self.channel, other = socket.socketpair()
        self.addCleanup(self.channel.close)
        self.addCleanup(other.close)

    def state(self, number: int, parent: int = 0, **changes: float) -> State:
        """Make a live state."""
        one = State(RunRequest(number, parent, (), "", True), self.channel, 0.0)
        one.phase = Phase.IDLE
        one.memory_bytes, one.path_us, one.last_used = 1000, 1000, 0.0
        for name, value in changes.items():
            setattr(one, name, value)
        return one

    def test_the_longest_unused_goes_first(self) -> None:
        """Everything else being equal."""
        states = {1: self.state(1, last_used=5.0), 2: self.state(2, last_used=1.0)}
        self.assertIs(choose_victim(states, (), 10.0), states[2])

    def test_large_and_cheap_to_replay_goes_before_small_and_dear(self) -> None:
        """Weights of size and cost."""
        states = {1: self.state(1, memory_bytes=9000), 2: self.state(2)}
        self.assertIs(choose_victim(states, (), 10.0), states[1])
        states = {1: self.state(1, path_us=9000), 2: self.state(2)}
        self.assertIs(choose_victim(states, (), 10.0), states[2])

    def test_no_ancestor_of_a_running_step_is_chosen(self) -> None:
        """Property, over random trees."""
        rng = random.Random(3)
        for _ in range(200):
            states: dict[int, State] = {}
            for number in range(1, 20):
                states[number] = self.state(
                    number, rng.choice((0, *states)), last_used=rng.random()
                )
            running = [states[number] for number in rng.sample(sorted(states), 3)]
            for one in running:
                one.phase = Phase.RUNNING
            path: set[int] = set()
            for one in running:
                parent = one.request.parent
                while parent:
                    path.add(parent)
                    parent = states[parent].request.parent
            victim = choose_victim(states, running, 2.0)
            if victim is None:
                self.assertFalse({n for n, one in states.items() if one.live} - path)
            else:
                self.assertTrue(victim.live)
                self.assertNotIn(victim.id, path)

    def test_there_may_be_none(self) -> None:
        """No state at all."""
        self.assertIsNone(choose_victim({}, (), 1.0))


if __name__ == "__main__":
    unittest.main()
