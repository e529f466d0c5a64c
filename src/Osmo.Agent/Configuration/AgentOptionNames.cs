namespace Osmo.Agent;

/// <summary>The options by name, and what <c>--help</c> says of them.</summary>
internal static class AgentOptionNames
{
    public const string Help = """
        Usage: osmo-agent --host URL --backend NAME --namespace NAME [options]

        Watches the nodes of one Kubernetes cluster and reports them to Osmo.
        An environment variable, where one is named, wins over the option, and an option over a file of options.

          --host URL                    the gateway: http(s) or ws(s) (default http://127.0.0.1:8000)
          --backend NAME                the backend's name (BACKEND; default osmo-backend)
          --namespace NAME              the namespace that workflows run in; required
          --token TOKEN                 bearer token for the gateway (OSMO_LOGIN_TOKEN)
          --token-file FILE             file with the token, read again for every connection
          --host-ca-file FILE           PEM file with the authorities that sign the gateway's certificate
          --node-condition-prefix P     prefix of the label written to nodes (default osmo.nvidia.com/)
          --enable-node-label-update B  ask for label updates: true or false (ENABLE_NODE_LABEL_UPDATE; default false)
          --allow-label-patches B       whether nodes may be patched at all (OSMO_ALLOW_LABEL_PATCHES; default true)
          --api-qps N                   label patches per second (OSMO_API_QPS; default 20)
          --api-burst N                 label patches at once (OSMO_API_BURST; default 30)
          --protocol NAME               what the service speaks: channel, Osmo's own, or osmo, the protocol of OSMO's
                                        listeners (OSMO_PROTOCOL; default channel)
          --kubeconfig FILE             default: the pod's service account, else KUBECONFIG or ~/.kube/config
          --context NAME                context of the kubeconfig
          --watch-list B                read the fleet from a watch that begins with it, not from lists: less work for
                                        the API server (OSMO_WATCH_LIST; default false)
          --check-consistency B         after each watch, compare with an exact list (OSMO_CHECK_CONSISTENCY; default false)
          --list-page-items N           nodes per page when listing (default 500)
          --log-level LEVEL             debug, info, warning or error (default info)
          --config FILE                 YAML file of options by name, such as "backend: dgx-east"; may be repeated, the last
                                        one wins

        With --protocol osmo only; --token is then exchanged for another one at every connection:

          --method dev --username NAME  no log-in but the header x-osmo-user
          --login-method token          log in with the token; the only other way to log in, and the default
          --max-unacked-messages N      of each connection; 0 for no limit (MAX_UNACKED_MESSAGES; default 100)
          --refresh-resource-state-interval S
                                        seconds after which all nodes are named and their usage is sent again
                                        (REFRESH_RESOURCE_STATE_INTERVAL; default 300)
          --include-namespace-usage A,B namespaces whose pods count as workflows'
          --list-pods-page-size N       pods per page when listing (LIST_PODS_PAGE_SIZE; default 1000)

        Names may be written with underscores as well: --node_condition_prefix.
        """;

    public static readonly HashSet<string> Switches = new(StringComparer.Ordinal)
    {
        "enable-node-label-update", "allow-label-patches", "watch-list", "check-consistency", "metrics-otel-enable",
    };

    public static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "host", "backend", "namespace", "token", "token-file", "host-ca-file", "node-condition-prefix", "enable-node-label-update",
        "allow-label-patches", "api-qps", "api-burst", "kubeconfig", "context", "list-page-items", "log-level",
        "watch-list", "check-consistency", "protocol",
    };

    /// <summary>Options of OSMO's own agent that mean something only where its protocol is spoken.</summary>
    public static readonly HashSet<string> ListenerOnly = new(StringComparer.Ordinal)
    {
        "method", "login-method", "username", "include-namespace-usage", "max-unacked-messages", "list-pods-page-size",
        "refresh-resource-state-interval",
    };

    /// <summary>Options of OSMO's own agent that existing deployments pass: taken, and said to have no effect.</summary>
    public static readonly HashSet<string> WithoutEffect = new(StringComparer.Ordinal)
    {
        "password", "password-file", "token-endpoint", "client-id", "k8s-log-level", "log-dir", "log-name",
        "node-progress-file", "pod-progress-file", "event-progress-file", "control-progress-file", "websocket-progress-file",
        "pod-event-cache-size", "pod-event-cache-ttl", "node-event-cache-size", "node-event-cache-ttl", "backend-event-cache-size",
        "metrics-otel-collector-host",
        "metrics-otel-collector-port", "metrics-otel-collector-interval-in-millis", "metrics-otel-collector-component",
        "metrics-otel-enable",
    };
}
