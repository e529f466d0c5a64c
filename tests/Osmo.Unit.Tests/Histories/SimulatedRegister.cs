using Osmo.Testing.Histories;

namespace Osmo.Unit.Tests.Histories;

/// <summary>What is wrong with a simulated register now and then.</summary>
public enum RegisterBug
{
    None,

    /// <summary>A read is answered with what was in force before.</summary>
    StaleRead,

    /// <summary>A write is acknowledged and forgotten.</summary>
    LostWrite,

    /// <summary>A write has its effect once more, later.</summary>
    AppliedTwice,

    /// <summary>A write is given the revision of the one before.</summary>
    RevisionReuse,

    /// <summary>A write is given a revision between two earlier ones.</summary>
    Reordering,

    /// <summary>A condition is not looked at.</summary>
    IgnoredCondition,

    /// <summary>A write is refused, and has its effect all the same.</summary>
    AppliedRefusal,
}

/// <summary>
/// Clients that share a register, interleaved at random: operations take effect at a moment between their beginning and their end,
/// requests and answers get lost, and a lost write may have its effect long after. The same seed makes the same history.
/// </summary>
internal sealed class SimulatedRegister(int seed, RegisterBug bug = RegisterBug.None, double bugShare = 0.3)
{
    public static readonly RegisterState Initial = new(1, "initial");

    private readonly Random _random = new(seed);
    private readonly List<RegisterOperation> _history = [];
    private readonly List<RegisterState> _states = [Initial];
    private readonly List<RegisterOperation> _late = [];
    private long _time;
    private int _values;

    /// <summary>Every revision that was in force, in its order.</summary>
    public IReadOnlyList<RegisterState> Stored => _states;

    /// <summary>How many operations went wrong.</summary>
    public int Bugs { get; private set; }

    private RegisterState Current => _states[^1];

    public IReadOnlyList<RegisterOperation> Run(int clients, int operations)
    {
        var running = new Operation?[clients];
        var told = Enumerable.Repeat(Initial.Revision, clients).ToArray();
        for (var begun = 0; begun < operations || running.Any(operation => operation is not null);)
        {
            _time++;
            var client = _random.Next(clients);
            if (running[client] is null && begun < operations)
            {
                running[client] = Begin(client, told[client]);
                begun++;
            }
            else if (running[client] is { IsApplied: false } waiting)
            {
                Apply(waiting);
            }
            else if (running[client] is { } applied)
            {
                running[client] = null;
                _history.Add(applied.Seen with { CompletedAt = _time });
                told[client] = applied.Seen.Outcome == RegisterOutcome.Ok ? applied.Seen.Revision : told[client];
            }

            if (_late.Count > 0 && _random.Next(6) == 0)
            {
                var late = _late[_random.Next(_late.Count)];
                _late.Remove(late);
                ApplyWrite(late);
            }
        }

        return _history;
    }

    private Operation Begin(int client, long told)
    {
        var isRead = _random.Next(5) < 2;
        return new Operation(new RegisterOperation(
            $"client {client}",
            isRead ? RegisterAction.Read : RegisterAction.Write,
            RegisterOutcome.Ok,
            isRead ? "" : $"value {++_values}",
            Revision: 0,
            IfMatch: !isRead && _random.Next(2) == 0 ? told : null,
            InvokedAt: _time,
            CompletedAt: 0));
    }

    private void Apply(Operation operation)
    {
        operation.IsApplied = true;
        if (operation.Seen.Action == RegisterAction.Read)
        {
            var state = Current;
            if (bug == RegisterBug.StaleRead && _states.Count > 1 && IsBugDue())
            {
                state = _states[_random.Next(_states.Count - 1)];
            }

            operation.Seen = operation.Seen with { Value = state.Value, Revision = state.Revision };
            return;
        }

        if (_random.Next(8) == 0)
        {
            // The request is lost, perhaps only for now.
            _late.Add(operation.Seen);
            operation.Seen = operation.Seen with { Outcome = RegisterOutcome.Unknown };
            return;
        }

        operation.Seen = ApplyWrite(operation.Seen);
        if (_random.Next(8) == 0)
        {
            operation.Seen = operation.Seen with { Outcome = RegisterOutcome.Unknown, Revision = 0 };
        }
    }

    private RegisterOperation ApplyWrite(RegisterOperation write)
    {
        if (write.IfMatch is { } condition && condition != Current.Revision && !(bug == RegisterBug.IgnoredCondition && IsBugDue()))
        {
            if (bug == RegisterBug.AppliedRefusal && IsBugDue())
            {
                Add(write.Value);
            }

            return write with { Outcome = RegisterOutcome.Refused };
        }

        if (bug == RegisterBug.LostWrite && IsBugDue())
        {
            return write with { Revision = Current.Revision + 1 };
        }

        if (bug == RegisterBug.RevisionReuse && _states.Count > 1 && IsBugDue())
        {
            _states[^1] = Current with { Value = write.Value };
            return write with { Revision = Current.Revision };
        }

        // Far enough back that the writes it is put before are over.
        var at = Math.Max(1, _states.Count - 30);
        if (bug == RegisterBug.Reordering && at < _states.Count && _states[at].Revision - _states[at - 1].Revision > 1 && IsBugDue())
        {
            _states.Insert(at, new RegisterState(_states[at - 1].Revision + 1, write.Value));
            return write with { Revision = _states[at].Revision };
        }

        Add(write.Value);
        if (bug == RegisterBug.AppliedTwice && IsBugDue())
        {
            _late.Add(write with { IfMatch = null });
        }

        return write with { Revision = Current.Revision };
    }

    private void Add(string value) => _states.Add(new RegisterState(Current.Revision + _random.Next(1, 4), value));

    private bool IsBugDue()
    {
        var isDue = _random.NextDouble() < bugShare;
        Bugs += isDue ? 1 : 0;
        return isDue;
    }

    private sealed class Operation(RegisterOperation seen)
    {
        public RegisterOperation Seen { get; set; } = seen;

        public bool IsApplied { get; set; }
    }
}
