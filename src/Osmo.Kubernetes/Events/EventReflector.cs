using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Osmo.Kubernetes;

/// <summary>
/// Tells a sink of the events of one namespace: those that there are, then what happens. Without the right to read events it says so
/// once, and tries again now and then.
/// </summary>
public sealed class EventReflector
{
    private readonly ObjectFollower<EventProjection> _follower;

    /// <summary>Creates a reflector; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="sink">Who is told.</param>
    /// <param name="pageItems">Events asked for per list page.</param>
    /// <param name="options">Pace and patience; the defaults when null.</param>
    /// <param name="time">Clock; the system's when null.</param>
    /// <param name="logger">Where to log to; nowhere when null.</param>
    public EventReflector(
        KubernetesClient client,
        string ns,
        IEventSink sink,
        int pageItems,
        ReflectorOptions? options = null,
        TimeProvider? time = null,
        ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(ns);
        ArgumentNullException.ThrowIfNull(sink);
        _follower = new ObjectFollower<EventProjection>(
            client.Connection,
            new ObjectKind<EventProjection>("events", $"/api/v1/namespaces/{Uri.EscapeDataString(ns)}/events", EventReader.Read),
            new LoggingSink(ns, sink, logger ?? NullLogger.Instance),
            pageItems,
            options ?? new ReflectorOptions(),
            time ?? TimeProvider.System);
    }

    /// <summary>Runs until cancelled. Failures of the server or the network never end it.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task RunAsync(CancellationToken cancellation) => _follower.RunAsync(cancellation);

    private sealed class LoggingSink(string ns, IEventSink sink, ILogger logger) : IObjectSink<EventProjection>
    {
        private bool _isForbidden;

        public void Replace(IReadOnlyList<EventProjection> items)
        {
            foreach (EventProjection item in items.OrderBy(item => item.Time))
            {
                sink.Happened(item);
            }
        }

        public void Upsert(EventProjection item)
        {
            _isForbidden = false;
            sink.Happened(item);
        }

        /// <summary>Events are deleted when they are old, which says nothing of what they were about.</summary>
        public void Delete(EventProjection item)
        {
        }

        public void Skipped(string why) => KubernetesLog.EventSkipped(logger, why);

        public void Listed(int items, string resourceVersion) => KubernetesLog.EventsListed(logger, items, resourceVersion);

        public void Failed(KubernetesApiException e, TimeSpan pause, int failuresInRow)
        {
            if (e.Failure != KubernetesFailure.Forbidden)
            {
                KubernetesLog.EventsFailed(logger, ns, (long)pause.TotalMilliseconds, failuresInRow, e.Message);
            }
            else if (!_isForbidden)
            {
                _isForbidden = true;
                KubernetesLog.EventsForbidden(logger, ns, e.Message);
            }
        }
    }
}
