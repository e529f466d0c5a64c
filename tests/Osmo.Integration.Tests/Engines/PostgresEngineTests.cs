using Osmo.Engine.Contract;
using Osmo.Engine.Contract.Rigs;
using Osmo.Engine.Contract.Servers;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Engines;

/// <summary>The engine of silos that share their backends by leases in PostgreSQL.</summary>
public sealed class PostgresEngine(SharedPostgres postgres) : ClusterUnderTest
{
    public override async Task<IClusterRig> StartClusterAsync(RigOptions options)
    {
        var rig = new ClusterServerRig(await postgres.CreateDatabaseAsync(), options);
        await rig.OpenAsync();
        return rig;
    }
}

[CollectionDefinition]
public sealed class PostgresEngineTests : ICollectionFixture<PostgresEngine>;

[Collection(typeof(PostgresEngineTests))]
public sealed class PostgresActivationTests(PostgresEngine engine) : ActivationContract(engine);
