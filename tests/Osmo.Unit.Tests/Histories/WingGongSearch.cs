using Osmo.Testing.Histories;

namespace Osmo.Unit.Tests.Histories;

/// <summary>
/// The plain search for an order that explains a history: take any operation that began before all others were over, apply it to the
/// register, go on, and step back where nothing fits. Slow, and easy to see right: what the fast check is compared with.
/// </summary>
internal sealed class WingGongSearch
{
    private readonly RegisterOperation[] _operations;
    private readonly long[] _revisions;
    private readonly HashSet<(ulong Done, Register Register)> _seen = [];

    private WingGongSearch(IEnumerable<RegisterOperation> operations)
    {
        _operations = [.. operations];
        _revisions = [.. _operations.Where(operation => operation.Outcome == RegisterOutcome.Ok).Select(o => o.Revision).Distinct()];
    }

    public static bool IsLinearizable(RegisterState initial, IReadOnlyCollection<RegisterOperation> operations) =>
        new WingGongSearch(operations).Search(0, new Register(initial.Revision, initial.Value, Hidden: false));

    private bool Search(ulong done, Register register)
    {
        var left = Enumerable.Range(0, _operations.Length).Where(i => (done & (1UL << i)) == 0).ToArray();
        if (left.All(i => _operations[i].Outcome == RegisterOutcome.Unknown))
        {
            return true;
        }

        if (!_seen.Add((done, register)))
        {
            return false;
        }

        var firstEnd = left.Min(i => EndOf(_operations[i]));
        return left.Where(i => _operations[i].InvokedAt <= firstEnd)
            .Any(i => Apply(_operations[i], register).Any(next => Search(done | (1UL << i), next)));
    }

    private static long EndOf(RegisterOperation operation) =>
        operation.Outcome == RegisterOutcome.Unknown ? long.MaxValue : operation.CompletedAt;

    /// <summary>The states that the register may have after the operation; none where it cannot have answered so.</summary>
    private IEnumerable<Register> Apply(RegisterOperation operation, Register register)
    {
        var matches = operation.IfMatch is null || (!register.Hidden && register.Revision == operation.IfMatch);
        switch (operation.Action, operation.Outcome)
        {
            case (RegisterAction.Read, _):
                return !register.Hidden && (register.Revision, register.Value) == (operation.Revision, operation.Value) ? [register] : [];
            case (_, RegisterOutcome.Refused):
                return matches ? [] : [register];
            case (_, RegisterOutcome.Ok):
                return matches && operation.Revision > register.Revision ? [new(operation.Revision, operation.Value, Hidden: false)] : [];
            default:
                // Its revision may be one that somebody saw, or one that nobody did.
                return matches
                    ? _revisions.Where(revision => revision > register.Revision)
                        .Select(revision => new Register(revision, operation.Value, Hidden: false))
                        .Append(register with { Hidden = true, Value = "" })
                    : [];
        }
    }

    /// <param name="Revision">The newest revision that somebody saw.</param>
    /// <param name="Value">Its value.</param>
    /// <param name="Hidden">Whether a revision that nobody saw is in force instead.</param>
    private sealed record Register(long Revision, string Value, bool Hidden);
}
