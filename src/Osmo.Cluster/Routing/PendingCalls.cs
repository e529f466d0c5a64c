using Osmo.Grains.Errors;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Routing;

/// <summary>
/// The calls under way on a connection. Bounded: who comes when it is full is told at once. Every call ends exactly once: by its
/// answer, by its deadline, by its caller, or with the connection.
/// </summary>
internal sealed class PendingCalls
{
    /// <summary>Most calls under way on a connection.</summary>
    public const int CallsMax = 4_096;

    private readonly Lock _gate = new();
    private readonly PendingCall?[] _places = new PendingCall?[CallsMax];
    private readonly Stack<PendingCall> _free = new();
    private int _made;
    private ulong _rounds;
    private Exception? _ended;

    /// <summary>Takes a place for a call.</summary>
    /// <returns>The place, whose answer has to be awaited: that gives it back; and the call's id.</returns>
    /// <exception cref="OsmoException">There is no place.</exception>
    /// <exception cref="SiloUnreachableException">The connection has ended.</exception>
    public (PendingCall Place, ulong Id) Begin(long deadline)
    {
        lock (_gate)
        {
            if (_ended is SiloUnreachableException ended)
            {
                throw new SiloUnreachableException(ended.Message);
            }

            if (!_free.TryPop(out var place))
            {
                if (_made == CallsMax)
                {
                    throw new OsmoException(
                        ErrorCode.Unavailable, $"{CallsMax} calls wait for the silo already. Try again when it has caught up.");
                }

                place = new PendingCall(_made) { Release = Release };
                _places[_made++] = place;
            }

            var id = (++_rounds * CallsMax) + (ulong)place.Slot;
            place.Begin(id, deadline);
            return (place, id);
        }
    }

    /// <summary>The silo has answered. Nobody may wait any more, which is no fault.</summary>
    public void Complete(Proto.Answer answer)
    {
        if (TryTake(answer.Id) is { } place)
        {
            place.SetResult(answer);
        }
    }

    /// <summary>Ends a call without an answer; false where it has ended already.</summary>
    public bool TryFail(ulong id, Exception failure)
    {
        if (TryTake(id) is not { } place)
        {
            return false;
        }

        place.SetException(failure);
        return true;
    }

    /// <summary>Ends every call whose deadline has passed, and returns their ids.</summary>
    public IReadOnlyList<ulong> Expire(long now)
    {
        List<(PendingCall Place, ulong Id)>? expired = null;
        lock (_gate)
        {
            for (var i = 0; i < _made; i++)
            {
                var place = _places[i]!;
                if (place.Id != 0 && place.Deadline <= now)
                {
                    (expired ??= []).Add((place, place.Id));
                    place.TryTake(place.Id);
                }
            }
        }

        expired?.ForEach(call => call.Place.SetException(new TimeoutException("The silo did not answer in time.")));
        return expired is null ? [] : [.. expired.Select(call => call.Id)];
    }

    /// <summary>The connection has ended: every call fails, now and later.</summary>
    public void End(string reason)
    {
        List<PendingCall> failing = [];
        lock (_gate)
        {
            _ended ??= new SiloUnreachableException(reason);
            for (var i = 0; i < _made; i++)
            {
                var place = _places[i]!;
                if (place.Id != 0 && place.TryTake(place.Id))
                {
                    failing.Add(place);
                }
            }
        }

        failing.ForEach(place => place.SetException(new SiloUnreachableException(reason, outcomeUnknown: true)));
    }

    private PendingCall? TryTake(ulong id)
    {
        lock (_gate)
        {
            return _places[(int)(id % CallsMax)] is { } place && id != 0 && place.TryTake(id) ? place : null;
        }
    }

    private void Release(PendingCall place)
    {
        lock (_gate)
        {
            _free.Push(place);
        }
    }
}
