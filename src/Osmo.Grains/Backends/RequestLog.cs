using System.Diagnostics.CodeAnalysis;
using Osmo.Domain.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Backends;

/// <summary>The requests that made a backend's last changes: a repetition of one of them is answered and not applied.</summary>
public sealed class RequestLog
{
    /// <summary>How many requests are remembered; a repetition that comes after so many other changes is applied again.</summary>
    public const int RequestsMax = 1_024;

    private readonly Dictionary<string, AppliedRequest> _byKey = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldest = new();

    internal RequestLog(IEnumerable<AppliedRequest> newestFirst)
    {
        foreach (var applied in newestFirst.Reverse())
        {
            Add(applied);
        }
    }

    /// <summary>Whether a request was applied, and which revision it made.</summary>
    /// <exception cref="OsmoException">A request with the same key asked for something else.</exception>
    internal bool TryFind(RequestId? request, [NotNullWhen(true)] out long? revision)
    {
        revision = null;
        if (request is not { } asked || !_byKey.TryGetValue(asked.Key, out var applied))
        {
            return false;
        }

        revision = applied.Request.Digest == asked.Digest
            ? applied.Revision
            : throw new OsmoException(
                ErrorCode.Invalid, $"The request id \"{asked.Key}\" was used for another change. Use a new one for every change.");
        return true;
    }

    internal void Add(AppliedRequest applied)
    {
        if (!_byKey.TryAdd(applied.Request.Key, applied))
        {
            return;
        }

        _oldest.Enqueue(applied.Request.Key);
        if (_oldest.Count > RequestsMax)
        {
            _byKey.Remove(_oldest.Dequeue());
        }
    }
}
