using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Osmo.Kubernetes;

/// <summary>
/// Keeps a sink in agreement with the pods of one cluster: lists, then watches from the list's version, and carries on from the last
/// version seen whenever a watch ends. It lists again when that version has expired, or when watching fails again and again.
/// </summary>
public sealed class PodReflector
{
    internal static readonly ObjectKind<PodProjection> Kind = new("pods", "/api/v1/pods", PodReader.Read);

    private readonly ObjectFollower<PodProjection> _follower;

    /// <summary>Creates a reflector; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="sink">Who is told.</param>
    /// <param name="pageItems">Pods asked for per list page.</param>
    /// <param name="options">Pace and patience; the defaults when null.</param>
    /// <param name="time">Clock; the system's when null.</param>
    /// <param name="logger">Where to log to; nowhere when null.</param>
    public PodReflector(
        KubernetesClient client,
        IPodSink sink,
        int pageItems,
        ReflectorOptions? options = null,
        TimeProvider? time = null,
        ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(sink);
        _follower = new ObjectFollower<PodProjection>(
            client.Connection,
            Kind,
            new LoggingSink(sink, logger ?? NullLogger.Instance),
            pageItems,
            options ?? new ReflectorOptions(),
            time ?? TimeProvider.System);
    }

    /// <summary>Runs until cancelled. Failures of the server or the network never end it.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task RunAsync(CancellationToken cancellation) => _follower.RunAsync(cancellation);

    private sealed class LoggingSink(IPodSink sink, ILogger logger) : IObjectSink<PodProjection>
    {
        public void Replace(IReadOnlyList<PodProjection> items) => sink.Replace(items);

        public void Upsert(PodProjection item) => sink.Upsert(item);

        public void Delete(PodProjection item) => sink.Delete(item);

        public void Skipped(string why) => KubernetesLog.PodSkipped(logger, why);

        public void Listed(int items, string resourceVersion) => KubernetesLog.PodsListed(logger, items, resourceVersion);

        public void Failed(KubernetesApiException e, TimeSpan pause, int failuresInRow) =>
            KubernetesLog.PodsFailed(logger, (long)pause.TotalMilliseconds, failuresInRow, e.Message);
    }
}
