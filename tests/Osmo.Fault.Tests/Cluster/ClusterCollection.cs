using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Fault.Tests.Cluster;

/// <summary>Tests with a cluster of processes run one after the other: each takes the machine for itself.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ClusterCollection : ICollectionFixture<SharedPostgres>
{
    public const string Name = "Cluster";
}
