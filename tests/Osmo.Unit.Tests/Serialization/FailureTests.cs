using Orleans.Serialization.Invocation;
using Osmo.Domain.Errors;
using Xunit;

namespace Osmo.Unit.Tests.Serialization;

/// <summary>A failure that a grain throws is the same failure for a caller in another process.</summary>
public sealed class FailureTests
{
    private static readonly OsmoException Failure =
        OsmoException.InvalidFields([new FieldError("tests", "names a test twice"), new FieldError("description", "is too long")]);

    [Fact]
    public void It_arrives_as_the_answer_to_a_call() =>
        SameValue.Check(Failure, Wire.Send<Response>(Response.FromException(Failure)).Exception);

    [Fact]
    public void It_arrives_where_any_exception_may_come() => SameValue.Check(Failure, Wire.Send<Exception>(Failure));

    [Fact]
    public void It_arrives_among_others()
    {
        var sent = new AggregateException(Failure, new TimeoutException("late"));

        var arrived = Assert.IsType<AggregateException>(Wire.Send<Exception>(sent));

        SameValue.Check(Failure, arrived.InnerExceptions[0]);
        Assert.IsType<TimeoutException>(arrived.InnerExceptions[1]);
    }

    [Fact]
    public void It_arrives_as_the_cause_of_another() =>
        SameValue.Check(Failure, Wire.Send<Exception>(new InvalidOperationException("outer", Failure)).InnerException);

    [Fact]
    public void Where_it_was_thrown_is_not_told()
    {
        var thrown = Assert.Throws<OsmoException>(() => Throw());

        Assert.NotNull(thrown.StackTrace);
        Assert.Null(Wire.Send<Exception>(thrown).StackTrace);
    }

    [Fact]
    public void It_is_not_copied_in_its_own_process() => Assert.Same(Failure, Wire.Pass<Exception>(Failure));

    private static void Throw() => throw new OsmoException(ErrorCode.Moved, "gone");
}
