package io.matriarch.app.ctl;

import io.matriarch.domain.cluster.Member;
import java.io.IOException;
import java.util.List;

/** Something done to one member after the other; one that can't be reached does not keep it from the others. */
interface MemberAction {

    void on(Member member) throws IOException;

    /**
     * Runs it.
     *
     * @return the exit status: 1 if a member did not answer at all
     */
    static int onEach(Session session, List<Member> members, MemberAction action) {
        int status = 0;
        for (Member member : members) {
            try {
                action.on(member);
            } catch (IOException e) {
                session.console().warn("Error: " + e.getMessage());
                status = 1;
            }
        }
        return status;
    }

    /** The line about a member that answered and refused. */
    static String failed(String action, Member member, RestClient.Answer answer) {
        return "Failed: " + action + " for member " + member.name() + ", status code=" + answer.status() + ", ("
                + answer.body() + ")";
    }
}
